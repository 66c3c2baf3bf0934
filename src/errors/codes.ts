// The table of everything that can go wrong for a caller: one row a code. docs/errors.md documents each row; a test compares.

export interface ErrorKind {
  /** The HTTP status; only http/ turns it into a reply. */
  readonly status: number
  /** Who has to change something before the same call can succeed. */
  readonly fault: 'caller' | 'server' | 'load'
  /** True when the very same request may succeed later. */
  readonly retryable: boolean
}

export const errorCodes = {
  INVALID_JSON: { status: 400, fault: 'caller', retryable: false },
  INVALID_REQUEST: { status: 400, fault: 'caller', retryable: false },
  INVALID_INPUT: { status: 400, fault: 'caller', retryable: false },
  UNAUTHENTICATED: { status: 401, fault: 'caller', retryable: false },
  FORBIDDEN: { status: 403, fault: 'caller', retryable: false },
  ROUTE_NOT_FOUND: { status: 404, fault: 'caller', retryable: false },
  MODEL_NOT_FOUND: { status: 404, fault: 'caller', retryable: false },
  VERSION_NOT_FOUND: { status: 404, fault: 'caller', retryable: false },
  LABEL_NOT_FOUND: { status: 404, fault: 'caller', retryable: false },
  PROFILE_NOT_FOUND: { status: 404, fault: 'caller', retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, fault: 'caller', retryable: false },
  REQUEST_TIMEOUT: { status: 408, fault: 'caller', retryable: true },
  BODY_TOO_LARGE: { status: 413, fault: 'caller', retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, fault: 'caller', retryable: false },
  CONTROL_REFUSED: { status: 409, fault: 'caller', retryable: false },
  LOAD_FAILED: { status: 409, fault: 'caller', retryable: false },
  CANCELLED: { status: 499, fault: 'caller', retryable: false },
  RATE_LIMITED: { status: 429, fault: 'load', retryable: true },
  OVERLOADED: { status: 429, fault: 'load', retryable: true },
  QUEUE_FULL: { status: 429, fault: 'load', retryable: true },
  INTERNAL: { status: 500, fault: 'server', retryable: false },
  RUN_FAILED: { status: 500, fault: 'server', retryable: false },
  NOT_SUPPORTED: { status: 501, fault: 'caller', retryable: false },
  AUTH_UNAVAILABLE: { status: 503, fault: 'server', retryable: true },
  MODEL_NOT_READY: { status: 503, fault: 'server', retryable: true },
  INSTANCE_LOST: { status: 503, fault: 'server', retryable: true },
  DEADLINE_EXCEEDED: { status: 504, fault: 'load', retryable: true }
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorCodes
