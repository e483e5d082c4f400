import { argument } from "../measured.ts"

export const address = (): string => `${argument(0)}/api/async-clone/task-result/${argument(1)}`

export const target = (): string => argument(2)
