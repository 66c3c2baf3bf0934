import t from 'tap'
import { deferred } from '../../src/base/deferred.ts'

t.test('a deferred settles once, with what it is given first', async t => {
  const kept = deferred<number>()
  kept.resolve(1)
  kept.resolve(2)
  kept.reject(new Error('too late'))
  t.equal(await kept.promise, 1)

  const broken = deferred<number>()
  broken.reject(new Error('lost'))
  broken.resolve(1)
  await t.rejects(broken.promise, { message: 'lost' })
})
