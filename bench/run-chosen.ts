// Runs the cases that the command line names, or all; prints their figures and keeps them under bench/results/.
import { type Figure, keep, print, Scope } from './harness.ts'

/** A case by its name; results are kept as `result`. */
export interface Case<F extends Figure> {
  readonly name: string
  readonly result: string
  run(scope: Scope): Promise<readonly F[]>
}

/** `kind` is what a case is called to people. Ends the process with status 2 for a name that no case has. */
export async function runChosen<F extends Figure>(
  kind: string,
  cases: readonly Case<F>[],
  onFigures: (figures: readonly F[]) => void = () => {}
): Promise<void> {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter(name => !cases.some(one => one.name === name))
  if (unknown.length > 0) {
    const known = cases.map(({ name }) => name).join(', ')
    process.stderr.write(`no ${kind} ${unknown.join(', ')}; there are ${known}\n`)
    process.exit(2)
  }
  for (const one of cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    process.stdout.write(`${one.name}\n`)
    const scope = new Scope()
    try {
      const figures = await one.run(scope)
      print(figures)
      keep(one.result, figures)
      onFigures(figures)
    } finally {
      scope.close()
    }
  }
}
