import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { TaskId } from "@voiceclone/core/Task"
import { expectTypeOf } from "vitest"
import type { JsonLine } from "../src/JsonLine.ts"

/** What JSON makes of a value. */
type Told<A> = A extends Date | TaskId ? string : A extends object ? { readonly [K in keyof A]: Told<A[K]> } : A

type WithoutVersion<A> = A extends unknown ? Omit<A, "v"> : never

// an event or a field of one that the schema does not know is found here
expectTypeOf<Told<JobEvent>>().toExtend<WithoutVersion<typeof JsonLine.Type>>()
