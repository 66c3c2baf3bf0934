// Results of `kedge check` as plain data, each fine unless a test says otherwise.
import type { GateVerdict } from '../../src/lifecycle/gate-verdict.ts'
import type { CheckedModel, CheckedVersion, CheckReport } from '../../src/offline.ts'

export function checkReport(models: readonly CheckedModel[], wishes: Partial<CheckReport> = {}): CheckReport {
  const passed = models.every(
    ({ problems, versions }) => problems.length === 0 && versions.every(v => v.passed)
  )
  return { passed, problems: [], warnings: [], models, ...wishes }
}

export function checkedModel(
  name: string,
  versions: readonly CheckedVersion[],
  wishes: Partial<CheckedModel> = {}
): CheckedModel {
  return { name, problems: [], versions, leftOut: [], ...wishes }
}

export function checkedVersion(version: number, wishes: Partial<CheckedVersion> = {}): CheckedVersion {
  return {
    version,
    passed: true,
    failedAt: undefined,
    reason: undefined,
    warning: undefined,
    unbatched: undefined,
    placement: 'thread',
    digests: {},
    verdict: undefined,
    durationMs: 12.4,
    ...wishes
  }
}

type File = GateVerdict['files'][number]

/** The verdict of a gate of one file; it has failed where the file has failures. */
export function verdict(file: Partial<File> = {}, wishes: Partial<GateVerdict> = {}): GateVerdict {
  const whole: File = {
    file: 'gate/a.yaml',
    kind: 'case',
    passed: (file.failures ?? []).length === 0,
    rows: 3,
    rowsLeftOut: 0,
    failures: [],
    failuresLeftOut: 0,
    ...file
  }
  return {
    passed: whole.passed,
    summary: whole.passed ? '1 case passed' : 'gate/a.yaml: a value differs',
    files: [whole],
    runMs: undefined,
    warnings: [],
    durationMs: 3.6,
    ...wishes
  }
}
