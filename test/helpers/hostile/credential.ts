// What a caller shows of itself, and what that lets it do.

export type HeaderLines = readonly (readonly [name: string, value: string])[]

export interface Credential {
  readonly what: string
  readonly lines: HeaderLines
  /** What it lets in, where it is in force. */
  readonly scopes: readonly string[]
  /** Only this model, where it is not for all. */
  readonly model?: string
  /** Once in a while it is refused for asking too often. */
  readonly isLimited?: boolean
}
