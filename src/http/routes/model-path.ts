// Every route of a model exists with and without the version in its path.

export interface ModelParams {
  readonly model: string
  readonly version: string | undefined
}

/** `suffix` ends the operation ids of the one and the other. */
export const modelPaths = [
  { path: '/v2/models/:model', suffix: '', params: ['model'] },
  { path: '/v2/models/:model/versions/:version', suffix: 'Version', params: ['model', 'version'] }
] as const
