// When which content served under which version number, as the audit log has it, and whether answers agree with that. Pure.
import type { AuditLine } from './audit-log.ts'
import { identityOf } from './content.ts'
import type { Answer } from './witness.ts'

const forever = Number.POSITIVE_INFINITY

/** One load of a version, from when it was ready to when it had gone. */
export interface Stay {
  readonly version: number
  /** What its answers add. */
  readonly adds: number
  readonly readyMs: number
  /** Infinity for what is still there. */
  goneMs: number
}

/** Throws where the log says what cannot be: files that nobody released became ready, or what was not ready went. */
export function staysOf(
  lines: readonly AuditLine[],
  model: string,
  addsOf: (identity: string) => number | undefined
): Stay[] {
  const stays: Stay[] = []
  const openAdds = (version: number, adds: number | undefined) => (stay: Stay) =>
    stay.version === version && stay.goneMs === forever && (adds === undefined || stay.adds === adds)
  for (const line of lines.filter(line => line.model === model)) {
    const { event, version, digests } = line
    if ((event !== 'ready' && event !== 'unloaded') || version === undefined) continue
    const adds = digests === undefined ? undefined : addsOf(identityOf(digests))
    const atMs = Date.parse(line.time)
    if (event === 'ready') {
      if (adds === undefined)
        throw new Error(`expected files that somebody released, got ${JSON.stringify(line)}`)
      stays.push({ version, adds, readyMs: atMs, goneMs: forever })
      continue
    }
    // Of two loads of one version the first goes first.
    const gone = stays.find(openAdds(version, adds))
    if (gone === undefined)
      throw new Error(`expected what goes to have been ready, got ${JSON.stringify(line)}`)
    gone.goneMs = atMs
  }
  return stays
}

/** The answers that no version gave which was ready at the time: it has to come after that was so, and to be asked for while it was. */
export function unexplained(answers: readonly Answer[], stays: readonly Stay[]): Answer[] {
  const byVersion = new Map<number, Stay[]>()
  for (const stay of stays) byVersion.set(stay.version, [...(byVersion.get(stay.version) ?? []), stay])
  return answers.filter(
    ({ askedMs, cameMs, version, adds }) =>
      !byVersion
        .get(version)
        ?.some(stay => stay.adds === adds && stay.readyMs <= cameMs && askedMs <= stay.goneMs)
  )
}
