// Which bins share a series: Prometheus gets about ten of each monitor, Kedge itself keeps all. Pure.
import type { CellPlace } from './bins.ts'

const exportedBinsMax = 10

/** Groups of bins, each a series. Neighbours of many numeric bins are paired; rare categories go to `other`, before `unseen`. */
export function exportGroups({ kind, bins }: CellPlace): readonly (readonly number[])[] {
  const all = Array.from({ length: bins.count }, (_, bin) => bin)
  if (kind === 'numeric') {
    const size = Math.ceil(bins.count / exportedBinsMax)
    return Array.from({ length: Math.ceil(bins.count / size) }, (_, group) =>
      all.slice(group * size, (group + 1) * size)
    )
  }
  const categories = all.slice(0, -2)
  const own = categories.slice(0, exportedBinsMax).map(bin => [bin])
  const other = [...categories.slice(exportedBinsMax), bins.count - 2]
  return [...own, other, [bins.count - 1]]
}
