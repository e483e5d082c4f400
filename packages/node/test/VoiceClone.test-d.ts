/** Holds the Promise door to its types; checked by the compiler alone. */
import type { SavedResult, Task, TaskId, VoiceClone } from "../src/index.ts"

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const check = <_Holds extends true>() => {}

type Sample = Parameters<VoiceClone["create"]>[0]["sample"]

check<Equal<Sample, string | URL | Uint8Array | Blob>>()
check<Equal<ReturnType<VoiceClone["create"]>, Promise<TaskId>>>()
check<Equal<ReturnType<VoiceClone["status"]>, Promise<Task>>>()
check<Equal<ReturnType<VoiceClone["watch"]>, AsyncIterable<Task>>>()
check<Equal<ReturnType<VoiceClone["wait"]>, Promise<Task>>>()
check<Equal<ReturnType<VoiceClone["download"]>, Promise<SavedResult>>>()
check<Equal<ReturnType<VoiceClone["clone"]>, Promise<SavedResult>>>()
