// Bytes that a monitored feature of a version holds: of a hundred versions' difference, after the garbage has gone. Run with --expose-gc.
import { seededRandom } from '../../src/base/random.ts'
import { Draws, Stream } from './streams.ts'
import { count, tick, watch } from './watching.ts'

const versions = 20
const features = 100

const stream = new Stream(features, ['normal'])
const draws = new Draws(seededRandom(4))
const text = JSON.stringify(stream.profile(2000, draws))
type Made = ReturnType<typeof watch>
const make = (): Made => {
  const watched = watch(stream, JSON.parse(text) as Parameters<typeof watch>[1])
  count(watched, 64, { stream, draws })
  tick(watched)
  return watched
}

function used(): number {
  for (let times = 0; times < 3; times++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const kept: Made[] = [make()]
const before = used()
for (let version = 0; version < versions; version++) kept.push(make())
const after = used()
process.stdout.write(`${Math.round((after - before) / (kept.length - 1) / features)}\n`)
