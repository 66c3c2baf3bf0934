import { join } from 'node:path'
import t from 'tap'
import { loadSettings } from '../src/config/load.ts'
import { profileData } from '../src/profiling.ts'
import { repository } from './helpers/app.ts'
import { plus } from './helpers/models.ts'

const manifest =
  'inputs: { x: { columns: [{ name: a, type: number }, { name: b, type: number, nullable: true }] } }'

t.test('what cannot be profiled, and what to change', async t => {
  const folder = repository(t, {
    'models/m/1/model.onnx': plus(1),
    'models/m/2/model.onnx': plus(2),
    'models/m/model.yaml': manifest,
    'train.csv': 'a,b\n1,2\n',
    'missing.csv': 'a,c\n1,2\n',
    'gaps.csv': 'a,b\n1,2\n,3\n',
    'words.csv': 'a,b\n1,2\n1,red\n',
    'huge.csv': 'a,b\n1e308,2\n',
    'empty.csv': 'a,b\n',
    'nothing.csv': '',
    'open.csv': 'a,b\n"1,2\n',
    'train.txt': 'a,b\n1,2\n'
  })
  const settings = loadSettings({ flags: { models: [join(folder, 'models')] }, env: {} })
  const cases: [data: string, message: RegExp, model?: string, version?: number][] = [
    [
      'missing.csv',
      /missing\.csv: expected a column for each feature, got none for 'b' \(columns: 'a', 'c'\)/
    ],
    [
      'gaps.csv',
      /gaps\.csv: row 2, a: the feature is missing \(expected a number\); a feature whose values may be missing is declared with nullable: true/
    ],
    ['words.csv', /words\.csv: row 2, b: .*expected .*"red"/],
    ['huge.csv', /huge\.csv: row 1, a: not a FP32 value/],
    ['empty.csv', /empty\.csv: expected rows, got none/],
    ['nothing.csv', /nothing\.csv: expected a line with the names of the columns, got an empty file/],
    ['open.csv', /open\.csv: a quote is opened and never closed/],
    ['train.txt', /train\.txt: not a data file by its ending/],
    ['absent.csv', /absent\.csv: .*(ENOENT|no such file)/],
    ['train.csv', /no model "n": there are? 'm'/, 'n'],
    ['train.csv', /model m has no version 7: there is '2', '1'/, 'm', 7]
  ]
  for (const [data, message, model = 'm', version] of cases) {
    const request = { model, version, data: join(folder, data), rowsMax: 1000, seed: 1, onProgress: () => {} }
    await t.rejects(profileData(settings, request), { message })
  }
})
