// A ServingError as MLflow's scoring server tells it: `{error_code, message}`, with Kedge's code and details beside it.
import type { ErrorCode } from '../../errors/codes.ts'
import type { ServingError } from '../../errors/serving-error.ts'
import { errorBody } from '../v2/error-body.ts'

/** By status, the names of MLflow's error codes (mlflow.protos.databricks_pb2.ErrorCode). */
const names: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  409: 'RESOURCE_CONFLICT',
  413: 'MAX_READ_SIZE_EXCEEDED',
  429: 'REQUEST_LIMIT_EXCEEDED',
  499: 'CANCELLED',
  501: 'NOT_IMPLEMENTED',
  503: 'TEMPORARILY_UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED'
}

export interface MlflowErrorBody {
  readonly error_code: string
  readonly message: string
  readonly code: ErrorCode
  readonly request_id: string
}

export function mlflowErrorBody(error: ServingError, requestId: string): MlflowErrorBody {
  const { error: message, ...rest } = errorBody(error, requestId)
  const { status } = error.kind
  const byStatus = names[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR')
  return { error_code: byStatus, message, ...rest, code: error.code }
}
