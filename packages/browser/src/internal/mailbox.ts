/**
 * What is told from outside, as a stream. Effect's `Queue` does that, and much besides: it would be 2 kB of what a page
 * loads to wait.
 */
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"

export interface Mailbox<A, E> {
  readonly tell: (value: A) => void
  /** Ends the stream after what has been told, by `Cause.done` or an error. Only the first end counts. */
  readonly end: (how: Pull.Pull<never, E>) => void
  /** To be run once. */
  readonly stream: Stream.Stream<A, E>
}

export const make = <A, E = never>(): Mailbox<A, E> => {
  let told: Array<A> = []
  let end: Pull.Pull<never, E> | undefined
  let wake = () => {}
  const take: Pull.Pull<[A, ...Array<A>], E> = Effect.suspend(() => {
    const [first, ...rest] = told
    told = []
    if (first !== undefined) return Effect.succeed([first, ...rest])
    return end ?? Effect.callback((resume) => void (wake = () => resume(take)))
  })
  return {
    tell: (value) => {
      told.push(value)
      wake()
    },
    end: (how) => {
      end ??= how
      wake()
    },
    stream: Stream.fromPull(Effect.succeed(take)) as Stream.Stream<A, E>,
  }
}
