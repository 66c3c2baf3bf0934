// What keeps a benchmark from being run, in one line for whoever started it.

export class BenchError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BenchError'
  }
}
