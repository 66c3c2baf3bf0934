// What the terminal shows: changes of state as they come, and at the end a line a monitor. Colours only where they are wanted.
const looks = {
  learning: { mark: '·', colour: 90 },
  no_baseline: { mark: '·', colour: 90 },
  insufficient_data: { mark: '·', colour: 90 },
  ok: { mark: '▁', colour: 32 },
  significant_small: { mark: '▃', colour: 36 },
  warning: { mark: '▅', colour: 33 },
  critical: { mark: '█', colour: 31 }
}
const order = Object.keys(looks)
const legend = ['insufficient_data', 'ok', 'significant_small', 'warning', 'critical']
const namesShown = 3

export const isAlarm = state => state === 'warning' || state === 'critical'

/** `stream` is a terminal or not; see https://no-color.org. */
export function makePainter(stream, env) {
  const isColoured = stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  return (text, state) => (isColoured ? `\u001b[${looks[state].colour}m${text}\u001b[39m` : text)
}

/** Lines for the monitors whose state is another than before: an alarm has one of its own, with what the server says of it. */
export function changeLines(before, monitors, paint) {
  const lines = []
  const others = new Map()
  for (const { name, state, explanation } of monitors) {
    const from = before.get(name)
    if (from === state || from === undefined) continue
    if (isAlarm(state) && !isAlarm(from)) {
      lines.push(`${paint(state, state)}  ${name}: ${explanation}`)
      continue
    }
    const key = `${from} → ${paint(state, state)}`
    others.set(key, [...(others.get(key) ?? []), name])
  }
  for (const [change, names] of others) {
    const more = names.length - namesShown
    lines.push(`${change}  ${names.slice(0, namesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`)
  }
  return lines
}

/**
 * One line a monitor, one mark an evaluation: `history` holds maps from monitor to state, the oldest first, of which `shiftAt` is the
 * first one after the shift. Where the terminal is too narrow, neighbours share a mark, and the worst of them shows.
 */
export function strips(names, history, shiftAt, columns, paint) {
  const nameWidth = Math.max(...names.map(name => name.length))
  const room = Math.max(10, columns - nameWidth - 4)
  const perMark = Math.ceil((history.length + 1) / room)
  const row = (name, from, to) => {
    let marks = ''
    for (let at = from; at < to; at += perMark) {
      const states = history
        .slice(at, Math.min(to, at + perMark))
        .map(states => states.get(name) ?? 'no_baseline')
      const worst = states.reduce((a, b) => (order.indexOf(a) >= order.indexOf(b) ? a : b))
      marks += paint(looks[worst].mark, worst)
    }
    return marks
  }
  const marks = legend.map(state => `${paint(looks[state].mark, state)} ${state}`).join('  ')
  return [
    ...names.map(
      name => `${name.padEnd(nameWidth)}  ${row(name, 0, shiftAt)}│${row(name, shiftAt, history.length)}`
    ),
    `${' '.repeat(nameWidth)}  ${marks}`
  ]
}
