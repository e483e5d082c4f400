/**
 * What servers, proxies and networks were seen to do, by name: each one a scenario to play.
 */
import type { Scenario } from "./FakeApi.ts"
import { api } from "./internal/faults/api.ts"
import { body } from "./internal/faults/body.ts"
import type { Playable } from "./internal/faults/fault.ts"
import { resuming } from "./internal/faults/resuming.ts"
import * as WavFile from "./WavFile.ts"

export interface NamedFault {
  /** What happens, in one sentence. */
  readonly about: string
  /** Which part of a job it is about: a download that is broken off and goes on, the body of a result, or any call. */
  readonly room: "resuming" | "body" | "api"
  /** The scenario, made from the right result. */
  readonly scenario: (speech: Uint8Array<ArrayBuffer>) => Scenario
}

const inRoom = <K extends string>(room: NamedFault["room"], faults: Readonly<Record<K, Playable>>) =>
  Object.fromEntries(
    Object.entries<Playable>(faults).map(([name, playable]): [string, NamedFault] => [name, { ...playable, room }]),
  ) as Readonly<Record<K, NamedFault>>

/** Every fault. */
export const named = { ...inRoom("resuming", resuming), ...inRoom("body", body), ...inRoom("api", api) }

export type Name = keyof typeof named

/** The name of every fault, or of those of one room. */
export const names = (room?: NamedFault["room"]): ReadonlyArray<Name> =>
  (Object.keys(named) as Array<Name>).filter((name) => room === undefined || named[name].room === room)

/**
 * A scenario in which the fault happens. What else is given is kept; the faults add up.
 *
 * @example
 * const api = FakeApi.make(NamedFault.scenario("206-from-zero", { lifecycle: ["completed"] }))
 */
export const scenario = (
  name: Name,
  {
    speech = WavFile.tone(),
    faults = [],
    ...rest
  }: Omit<Scenario, "speech"> & { readonly speech?: Uint8Array<ArrayBuffer> } = {},
): Scenario => {
  const one = named[name].scenario(speech)
  return { speech, ...rest, ...one, faults: [...(one.faults ?? []), ...faults] }
}
