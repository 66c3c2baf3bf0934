// Reads a scrape of /metrics.

/** The sum of a metric's samples that have all these labels. */
function total(scrape: string, name: string, labels: readonly string[]): number {
  return scrape
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) && labels.every(label => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** The mean of what a histogram of seconds saw between two scrapes, in milliseconds. */
export function meanMs(before: string, after: string, histogram: string, ...labels: string[]): number {
  const grown = (suffix: string): number =>
    total(after, `${histogram}_${suffix}`, labels) - total(before, `${histogram}_${suffix}`, labels)
  return (grown('sum') / grown('count')) * 1000
}

export async function scrape(address: string): Promise<string> {
  return (await fetch(`${address}/metrics`)).text()
}
