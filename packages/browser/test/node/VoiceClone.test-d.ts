/** Holds the door of browsers to that of Node.js: the same names, the same types where they can be; for the compiler alone. */
import type * as Node from "@voiceclone/node"
import type * as Browser from "../../src/index.ts"

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const check = <_Holds extends true>() => {}

type NodeDoor = Node.VoiceClone
type Door = Browser.VoiceClone

// what Node.js has, a page has
check<Equal<Exclude<keyof NodeDoor, keyof Door>, never>>()
// and what comes besides is for results that no path leads to
check<Equal<Exclude<keyof Door, keyof NodeDoor>, "open" | "forget">>()

type Same = "status" | "list" | "cancel" | "watch" | "wait" | "jobs" | "resumeAll" | "close"
check<Equal<Pick<NodeDoor, Same>, Pick<Door, Same>>>()

type Sample = Parameters<Door["create"]>[0]["sample"]
check<Equal<Sample, Blob | Uint8Array<ArrayBuffer>>>()
check<Equal<Omit<Parameters<NodeDoor["create"]>[0], "sample">, Omit<Parameters<Door["create"]>[0], "sample">>>()
check<Equal<ReturnType<NodeDoor["create"]>, ReturnType<Door["create"]>>>()
check<Equal<ReturnType<NodeDoor["batch"]>, ReturnType<Door["batch"]>>>()

// an output is needed where files have names that people see
type Rest<Options> = Omit<Options, "sample" | "output">
check<Equal<Rest<Parameters<NodeDoor["clone"]>[0]>, Rest<Parameters<Door["clone"]>[0]>>>()
check<Equal<Rest<Parameters<NodeDoor["download"]>[1]>, Rest<NonNullable<Parameters<Door["download"]>[1]>>>>()
check<Browser.SavedSpeech extends Node.SavedResult ? true : false>()

check<Equal<Node.JobEvent, Browser.JobEvent>>()
check<Equal<Node.Entry, Browser.Entry>>()
check<Equal<Node.ResumeSummary, Browser.ResumeSummary>>()
check<Equal<keyof typeof Node.TaskError, keyof typeof Browser.TaskError>>()
