/**
 * A binary heap: whatever has the least rank comes first.
 */
export interface Heap<A> {
  readonly push: (item: A) => void
  readonly peek: () => A | undefined
  readonly pop: () => A | undefined
}

export const makeHeap = <A>(rank: (item: A) => number): Heap<A> => {
  const items: Array<A> = []
  const at = (index: number) => items[index] as A
  const swap = (a: number, b: number) => {
    const held = at(a)
    items[a] = at(b)
    items[b] = held
  }
  return {
    peek: () => items[0],
    push: (item) => {
      let index = items.push(item) - 1
      for (let parent = (index - 1) >> 1; index > 0 && rank(at(parent)) > rank(at(index)); parent = (index - 1) >> 1) {
        swap(parent, index)
        index = parent
      }
    },
    pop: () => {
      const top = items[0]
      const last = items.pop()
      if (items.length === 0 || last === undefined) return top
      items[0] = last
      for (let index = 0; ;) {
        let least = index
        for (const child of [2 * index + 1, 2 * index + 2]) {
          if (child < items.length && rank(at(child)) < rank(at(least))) least = child
        }
        if (least === index) return top
        swap(least, index)
        index = least
      }
    },
  }
}
