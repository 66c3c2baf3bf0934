// node replay.mjs [--url URL] [--shift island|scale|sex]: sends penguins as they are, then others, and shows what the server says of it.
// Status 0 where it raised an alarm after the shift and none before; 1 where not; 2 for wrong use.
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeDraw, readPenguins, requestFor, shifts } from './penguins.mjs'
import { changeLines, isAlarm, makePainter, strips } from './timeline.mjs'

const usage = `usage: node replay.mjs [--url URL] [--shift ${Object.keys(shifts).join('|')}] [--clean N] [--shifted N]
                       [--rows-per-second N] [--seed N]

  --url              the server (http://127.0.0.1:8080)
  --shift            what happens to the penguins (island)
  --clean, --shifted evaluations before it and after it (30 each)
  --rows-per-second  penguins a second (200)
  --seed             of the draw (1)`

/** Evaluations in the shortest window, and those that a state has to last. */
const settling = 10 + 3
const intervalMaxMs = 1000
const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function readOptions() {
  const text = standard => ({ type: 'string', default: standard })
  const { values } = parseArgs({
    options: {
      url: text('http://127.0.0.1:8080'),
      shift: text('island'),
      clean: text('30'),
      shifted: text('30'),
      'rows-per-second': text('200'),
      seed: text('1'),
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  const whole = name => {
    if (/^[1-9]\d{0,8}$/.test(values[name])) return Number(values[name])
    throw new Error(`--${name}: expected a whole number from 1, got ${values[name]}`)
  }
  if (!Object.hasOwn(shifts, values.shift))
    throw new Error(`--shift: expected one of ${Object.keys(shifts).join(', ')}, got ${values.shift}`)
  if (!URL.canParse(values.url)) throw new Error(`--url: expected a URL, got ${values.url}`)
  return {
    help: values.help,
    model: new URL('/v2/models/penguins', values.url).href,
    shift: shifts[values.shift],
    clean: whole('clean'),
    shifted: whole('shifted'),
    rowsPerSecond: whole('rows-per-second'),
    seed: whole('seed')
  }
}

async function ask(url, body) {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, body === undefined ? {} : post).catch(error => {
    throw new Error(`${url}: ${error.cause?.code ?? error.message}`)
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${answer.error}`)
  return answer
}

/** From one evaluation to the next, by what the server calls its shortest window, which is ten of them. */
function subWindowMsOf({ monitors }) {
  const [, count, unit] = /^(\d+)([a-z]+)$/.exec(monitors[0].windows[0].window)
  return (Number(count) * unitsMs[unit]) / 10
}

async function replay({ model, shift, clean, shifted, rowsPerSecond, seed }) {
  const paint = makePainter(process.stdout, process.env)
  const first = await ask(`${model}/drift`)
  if (first.monitors.length === 0) throw new Error(`the server watches no penguins: ${first.reason}`)
  const subWindowMs = subWindowMsOf(first)
  const intervalMs = Math.min(intervalMaxMs, subWindowMs / 4)
  const minutes = Math.ceil(((settling + clean + shifted) * subWindowMs) / 60_000)
  if (minutes > 10)
    say(`The server evaluates every ${subWindowMs / 1000} s, so this takes ${minutes} minutes.`)

  const startedMs = performance.now()
  const draw = makeDraw(seed)
  const rows = Math.max(1, Math.round((rowsPerSecond * intervalMs) / 1000))
  const history = []
  let [evaluatedAt, before] = [first.evaluatedAt, new Map()]

  /** Sends penguins until so many evaluations have been seen, and yields what each says of the monitors. */
  async function* part(penguins, evaluations) {
    for (let seen = 0; seen < evaluations; ) {
      const dueMs = performance.now() + intervalMs
      await ask(`${model}/infer`, requestFor(draw(penguins, rows)))
      const view = await ask(`${model}/drift`)
      if (view.evaluatedAt !== evaluatedAt) {
        evaluatedAt = view.evaluatedAt
        seen++
        for (const line of changeLines(before, view.monitors, paint)) say(`${time()}  ${line}`)
        before = new Map(view.monitors.map(({ name, state }) => [name, state]))
        history.push(before)
        yield view.monitors
      }
      await pause(Math.max(0, dueMs - performance.now()))
    }
  }
  const time = () => `${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s`
  /** Monitors that raised an alarm, each with the evaluation that it did in, counted from 1. */
  async function alarmsIn(evaluations) {
    const alarms = new Map()
    let count = 0
    for await (const monitors of evaluations) {
      count++
      for (const { name, state } of monitors) if (isAlarm(state) && !alarms.has(name)) alarms.set(name, count)
    }
    return alarms
  }

  const penguins = readPenguins()
  say(
    `${time()}  ${penguins.length} penguins come in random order, ${rowsPerSecond} a second: the shortest window fills`
  )
  // What an earlier replay left behind goes meanwhile, and counts for nothing.
  await alarmsIn(part(penguins, settling))
  say(`${time()}  from here on an alarm would be a false one`)
  const falseAlarms = await alarmsIn(part(penguins, clean))
  const shiftAt = history.length
  say(`${time()}  from here on ${shift.says}`)
  const alarms = await alarmsIn(part(shift.apply(penguins), shifted))

  const names = [...before.keys()].sort((a, b) => (alarms.get(a) ?? Infinity) - (alarms.get(b) ?? Infinity))
  say('')
  for (const line of strips(names, history, shiftAt, process.stdout.columns ?? 100, paint)) say(line)
  say('')
  say(
    `before the shift: ${falseAlarms.size === 0 ? 'no alarm' : `a false alarm of ${[...falseAlarms.keys()].join(', ')}`}`
  )
  const [[name, evaluation] = []] = [...alarms].sort(([, a], [, b]) => a - b)
  say(
    alarms.size === 0
      ? 'after it: no alarm'
      : `after it: ${alarms.size} of ${names.length} monitors raise an alarm, the first (${name}) in evaluation ${evaluation}`
  )
  say(`report: ${model}/drift/report`)
  return alarms.size > 0 && falseAlarms.size === 0
}

function say(line) {
  console.log(line)
}

function options() {
  try {
    return readOptions()
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

const chosen = options()
if (chosen.help) say(usage)
else
  try {
    process.exitCode = (await replay(chosen)) ? 0 : 1
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
