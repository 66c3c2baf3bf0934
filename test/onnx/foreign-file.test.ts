import t from 'tap'
import { foreignFile } from '../../src/onnx/foreign-file.ts'
import { plus } from '../helpers/models.ts'

t.test('what stands in the place of a model by mistake is named', async t => {
  const cases: [head: Uint8Array | string, what: RegExp | undefined][] = [
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146',
      /^it is a pointer of Git LFS.*'git lfs pull'$/
    ],
    ['PK\x03\x04\x00\x00', /zip archive/],
    ['\x89HDF\r\n\x1a\n', /HDF5/],
    ['\x80\x04\x95\x1e\x00', /Python pickle/],
    ['\x80\x02}q\x00', /Python pickle/],
    ['\x1f\x8b\x08\x00', /gzip/],
    ['<!DOCTYPE html>\n<html>', /^it is text that begins with "<!DOCTYPE html>\\n<html>"$/],
    [`{"a": ${'1'.repeat(58)}`, /^it is text that begins with "\{"?/],
    ['', undefined],
    ['\x80', undefined],
    ['PK', /^it is text that begins with "PK"$/],
    ['\x89PNG\r\n', undefined],
    [plus(1).subarray(0, 64), undefined]
  ]
  for (const [head, what] of cases) {
    const found = foreignFile(typeof head === 'string' ? Buffer.from(head, 'latin1') : head)
    if (what === undefined) t.equal(found, undefined, String(head))
    else t.match(found, what)
  }
})
