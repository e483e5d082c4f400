/**
 * What went wrong, in words, and what to do about it on this page, which is not what a program would.
 */
export interface Explained extends Error {
  readonly _tag?: string
  readonly nextStep?: string
  readonly taskId?: string
}

const section = document.querySelector<HTMLElement>("#problem")!
const anew = document.querySelector<HTMLElement>("#anew")!

const makeRoom =
  "Where the browser's storage is full, make room for this page; then try again. Nothing is paid for twice."

/** What to do about an error, by its `_tag`, where that is something else than its own `nextStep`. */
const steps: Record<string, string> = {
  AccessDenied: "The task was made with another API key: call the server with that one, then go on with it.",
  ConnectionFailed: "Check the network, and whether the server runs, then try again; a task that was made is not lost.",
  CreateOutcomeUnknown:
    "Clone asks once more, and pays for nothing twice. Where the server's list of tasks or its bill shows that there is no task, make a new one; where there is one, that would be paid for as well.",
  JobBusy: "Another tab is at it: let it finish. Then Clone shows what came of it, and costs nothing.",
  JournalFailed: makeRoom,
  JournalUnreadable:
    "This browser cannot read what it wrote down of the same sample and text, so they may have been paid for. Where the server's list of tasks shows that there is none, make a new one.",
  MicrophoneLost: "What was recorded by then is the sample; or connect it, and record again.",
  ResultCorrupt: "Go on with this task: its speech is fetched anew, and not paid for again.",
  ResultExpired: "The server has deleted it. To clone again makes another task.",
  SampleUnreadable: "Choose the file again: it was moved, changed or removed.",
  SpeechGone:
    "Go on with this task: the speech is fetched anew, and not paid for again, for as long as the server keeps it.",
  TargetBusy: "Another tab is at it: let it finish, then go on here.",
  TargetUnwritable: makeRoom,
  TaskFailed: "Mend what the reason names, often the sample or the text. To clone again makes another task.",
  TaskNotFound:
    "It may be back, as after a restart of the server: go on with this task in a while, which costs nothing. Only where the server's list of tasks shows that it is gone, make a new one, which is paid for.",
  TaskNotReady: "Go on with this task in a while: it is not paid for again.",
  WaitTimedOut: "Go on with this task: the server works on it still, or again, and it is not paid for again.",
}

/** Where there may be a task, another one is made only for whoever asks for that. */
const inDoubt = new Set(["CreateOutcomeUnknown", "JournalUnreadable", "TaskNotFound"])

/** An error's own message; but a refusal's number is of no use here. */
const messageOf = ({ _tag, detail, message }: Explained & { readonly detail?: string }) =>
  _tag === "RequestRejected" && detail !== undefined ? `The server refuses this: ${detail}` : message

export const hide = () => void (section.hidden = true)

export const scrollTo = () => section.scrollIntoView({ block: "nearest" })

export const explain = (error: unknown) => {
  const explained = error as Explained
  const { _tag = "", nextStep = "", taskId } = explained
  const step = _tag === "AccessDenied" && taskId === undefined ? "Use an API key that may do this." : steps[_tag]
  document.querySelector("#message")!.textContent = messageOf(explained).replace(/\.?$/, ".")
  document.querySelector("#next-step")!.textContent = step ?? nextStep
  anew.hidden = !inDoubt.has(_tag)
  section.hidden = false
  scrollTo()
}

export const make = (message: string, nextStep: string): Explained => Object.assign(new Error(message), { nextStep })
