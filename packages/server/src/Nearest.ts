/** The name that was meant, most likely, by one that is mistyped. */

/** How many letters have to be changed, added or left out. */
export const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
  }
  return row[b.length]!
}

/** The known name that differs least. */
export const nearest = (unknown: string, known: ReadonlyArray<string>): string =>
  known.map((name) => ({ name, far: distance(unknown, name) })).reduce((best, one) => (one.far < best.far ? one : best))
    .name
