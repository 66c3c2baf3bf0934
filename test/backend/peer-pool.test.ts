import t from 'tap'
import { type Host, PeerPool, parkedMs } from '../../src/backend/peer-pool.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { FakePeer } from '../helpers/fake-peer.ts'

class FakeHost implements Host {
  fit = true
  holds: boolean | undefined
  ends = 0
  /** Gives it back, as its last instance does. */
  park: () => void = () => undefined
  readonly #listeners = new Set<() => void>()

  peer(park: () => void): FakePeer {
    this.park = park
    return new FakePeer()
  }

  hold(holds: boolean): void {
    this.holds = holds
  }

  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  end(): void {
    this.ends++
  }

  /** It ends by itself. */
  die(): void {
    for (const listener of this.#listeners) listener()
  }

  get watched(): boolean {
    return this.#listeners.size > 0
  }
}

/** A pool whose hosts are `fit` when they start. */
function bench(parkedMax = 2, fit = true) {
  const clock = new FakeClock()
  const hosts: FakeHost[] = []
  const pool = new PeerPool({ parkedMax, clock }, () => {
    const host = Object.assign(new FakeHost(), { fit })
    hosts.push(host)
    return host
  })
  return { clock, hosts, pool }
}

t.test(
  'one that was given back serves the next, and only while it serves does it hold the process',
  async t => {
    const { hosts, pool, clock } = bench()
    t.equal(pool.lend().reused, false)
    t.strictSame([hosts.length, hosts[0]!.holds], [1, true])
    hosts[0]!.park()
    t.strictSame([hosts[0]!.holds, clock.pending, hosts[0]!.watched], [false, 1, true])
    t.equal(pool.lend().reused, true)
    t.strictSame([hosts.length, hosts[0]!.holds, clock.pending, hosts[0]!.watched], [1, true, 0, false])
    t.equal(pool.lend().reused, false, 'it serves one at a time')
    t.equal(hosts.length, 2)
  }
)

t.test('who wants a fresh one gets one, whoever waits', async t => {
  const { hosts, pool } = bench()
  pool.take()
  hosts[0]!.park()
  t.equal(pool.lend(true).reused, false)
  t.equal(hosts.length, 2)
})

t.test('one that was started ahead is taken first, and is not a used one', async t => {
  const { hosts, pool } = bench(3)
  pool.warm(1)
  t.equal(hosts.length, 1)
  pool.warm(1)
  t.equal(hosts.length, 1)
  t.equal(pool.lend().reused, false)
  t.equal(hosts.length, 1)
  pool.warm(8)
  t.equal(hosts.length, 4, 'no more than may wait')
})

t.test('nobody comes: it ends', async t => {
  const { hosts, pool, clock } = bench()
  pool.take()
  hosts[0]!.park()
  await clock.advance(parkedMs - 1)
  t.equal(hosts[0]!.ends, 0)
  await clock.advance(1)
  t.strictSame([hosts[0]!.ends, hosts[0]!.watched], [1, false])
  pool.take()
  t.equal(hosts.length, 2)
})

t.test('one beyond those that may wait ends', async t => {
  const { hosts, pool } = bench(1)
  pool.take()
  pool.take()
  hosts[0]!.park()
  hosts[1]!.park()
  t.strictSame(
    hosts.map(({ ends }) => ends),
    [0, 1]
  )
})

t.test('one that cannot serve again is not kept, nor lent once it waits', async t => {
  const { hosts, pool } = bench()
  pool.take()
  hosts[0]!.fit = false
  hosts[0]!.park()
  t.equal(hosts[0]!.ends, 1)
  pool.take()
  hosts[1]!.park()
  hosts[1]!.fit = false
  pool.take()
  t.strictSame([hosts.length, hosts[1]!.ends, hosts[1]!.watched], [3, 1, false])
})

t.test('where none can be started, starting ahead comes to an end', async t => {
  const { hosts, pool } = bench(2, false)
  pool.warm()
  t.equal(hosts.length, 2)
})

t.test('one that ends while it waits is forgotten', async t => {
  const { hosts, pool, clock } = bench()
  pool.take()
  hosts[0]!.park()
  hosts[0]!.die()
  t.strictSame([clock.pending, hosts[0]!.watched, hosts[0]!.ends], [0, false, 0])
  pool.take()
  t.equal(hosts.length, 2)
})

t.test('a pool that is closed keeps nobody, now or later', async t => {
  const { hosts, pool, clock } = bench()
  pool.take()
  pool.take()
  hosts[0]!.park()
  pool.close()
  t.equal(hosts[0]!.ends, 1)
  hosts[1]!.park()
  t.equal(hosts[1]!.ends, 1)
  pool.warm()
  t.strictSame([hosts.length, clock.pending], [2, 0])
})
