// The settings of drift monitoring.
import { z } from 'zod'
import { byteSize, choice, decimal, integer } from './leaf.ts'

export const driftSettings = z
  .strictObject({
    monitoring: choice(['on', 'off'], 'on', 'compare what models are asked with what they were made from'),
    falseAlarmsPerWeek: decimal(
      0.5,
      0.0001,
      1000,
      'alarms of one model in a week that may be nothing but chance'
    ),
    subWindowMs: integer(
      60_000,
      100,
      3_600_000,
      'time from one evaluation to the next; windows are 10, 60, 1440 and 10080 times as long'
    ),
    requestBudgetUs: integer(
      50,
      0,
      1_000_000,
      'time for counting one request, beyond which rows are left out; 0 to count all, however long it takes'
    ),
    learning: choice(
      ['on', 'off'],
      'on',
      'make a baseline of live rows where a version has no reference.json'
    ),
    learnRowsMax: integer(5000, 100, 1_000_000, 'rows that a learned baseline is made of'),
    learnMs: integer(3_600_000, 0, 2_592_000_000, 'time that a baseline is learned over, at least'),
    monitorsMax: integer(
      512,
      1,
      10_000,
      'features, outputs and what is derived from them that one version has watched'
    ),
    featuresExportedMax: integer(50, 0, 10_000, 'of these, how many have series in the metrics'),
    snapshotMs: integer(300_000, 1000, 86_400_000, 'time between two savings of the counts'),
    referenceBytesMax: byteSize(16 * 2 ** 20, 2 ** 10, 2 ** 30, 'largest reference.json')
  })
  .prefault({})
