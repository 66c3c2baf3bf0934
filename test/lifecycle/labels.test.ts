import fc from 'fast-check'
import t from 'tap'
import { labelMoves, resolveLabels } from '../../src/lifecycle/labels.ts'

type Labels = Readonly<Record<string, number>>

const mapOf = (labels: Labels): Map<string, number> => new Map(Object.entries(labels))

t.test('what each label means', async t => {
  const cases: [name: string, wanted: Labels, before: Labels, ready: number[], now: Labels][] = [
    ['there are none', {}, {}, [1], {}],
    ['its target is ready', { stable: 1 }, {}, [1], { stable: 1 }],
    ['its target is not ready, and it had none', { stable: 2 }, {}, [1], {}],
    ['its new target is ready: it moves', { stable: 2 }, { stable: 1 }, [1, 2], { stable: 2 }],
    ['it moves back as well', { stable: 1 }, { stable: 2 }, [1, 2], { stable: 1 }],
    ['its new target is not ready: it stays', { stable: 2 }, { stable: 1 }, [1], { stable: 1 }],
    ['neither is ready', { stable: 2 }, { stable: 1 }, [3], {}],
    ['only its new target is ready', { stable: 2 }, { stable: 1 }, [2], { stable: 2 }],
    ['its version went away', { stable: 1 }, { stable: 1 }, [], {}],
    ['nobody wants it any more', {}, { stable: 1 }, [1], {}],
    ['each by itself', { a: 2, b: 3 }, { a: 1, b: 1 }, [1, 2], { a: 2, b: 1 }],
    ['two on one version', { a: 1, b: 1 }, {}, [1], { a: 1, b: 1 }]
  ]
  for (const [name, wanted, before, ready, now] of cases) {
    const resolved = resolveLabels(wanted, mapOf(before), version => ready.includes(version))
    t.strictSame(resolved, mapOf(now), name)
  }
})

t.test('what moved', async t => {
  const cases: [before: Labels, now: Labels, moves: unknown[]][] = [
    [{}, {}, []],
    [{ a: 1 }, { a: 1 }, []],
    [{}, { a: 1 }, [{ label: 'a', from: undefined, to: 1 }]],
    [{ a: 1 }, { a: 2 }, [{ label: 'a', from: 1, to: 2 }]],
    [{ a: 1 }, {}, [{ label: 'a', from: 1, to: undefined }]],
    [
      { a: 1, b: 2, c: 3 },
      { b: 4, c: 3, d: 3 },
      [
        { label: 'a', from: 1, to: undefined },
        { label: 'b', from: 2, to: 4 },
        { label: 'd', from: undefined, to: 3 }
      ]
    ]
  ]
  for (const [before, now, moves] of cases) t.strictSame(labelMoves(mapOf(before), mapOf(now)), moves)
})

const version = fc.integer({ min: 1, max: 4 })
/** What model.yaml says, and which versions are ready, one moment after the other. */
const history = fc.array(
  fc.record({
    wanted: fc.dictionary(fc.constantFrom('a', 'b'), version),
    ready: fc.uniqueArray(version)
  }),
  { maxLength: 12 }
)

t.test(
  'whatever happens: a label means a ready version, and moves exactly when its target is ready',
  async () => {
    fc.assert(
      fc.property(history, moments => {
        let before = new Map<string, number>()
        return moments.every(({ wanted, ready }) => {
          const now = resolveLabels(wanted, before, asked => ready.includes(asked))
          const sound = ['a', 'b'].every(label => {
            const [target, held, means] = [wanted[label], before.get(label), now.get(label)]
            if (target === undefined) return means === undefined
            if (ready.includes(target)) return means === target
            return held !== undefined && ready.includes(held) ? means === held : means === undefined
          })
          before = now
          return sound && [...now.values()].every(means => ready.includes(means))
        })
      })
    )
  }
)

t.test('whatever happens: the moves lead from what was to what is', async () => {
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), version).map(mapOf)
  fc.assert(
    fc.property(labels, labels, (before, now) => {
      const moved = new Map(before)
      const moves = labelMoves(before, now)
      for (const { label, from, to } of moves) {
        if (moved.get(label) !== from || from === to) return false
        if (to === undefined) moved.delete(label)
        else moved.set(label, to)
      }
      return moved.size === now.size && [...now].every(([label, means]) => moved.get(label) === means)
    })
  )
})
