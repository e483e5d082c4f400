/**
 * Amounts as a person reads them.
 */
const units = ["B", "kB", "MB", "GB", "TB"]

/** `412 kB`; SI prefixes. */
export const bytes = (amount: number): string => {
  const exponent = amount < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(amount) / 3))
  const scaled = amount / 1000 ** exponent
  return `${exponent === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[exponent]}`
}

/** `4.2 s`, `3 min 5 s` */
export const seconds = (amount: number): string => {
  if (amount < 60) return `${amount.toFixed(1)} s`
  const whole = Math.round(amount)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** `40 %` */
export const percent = (ratio: number): string => `${Math.floor(ratio * 100)} %`

/** ` (12 s)`, for the end of a line; nothing for what takes no time that anyone notices. */
export const elapsed = (amount: number): string => {
  if (amount < 2) return ""
  const whole = Math.floor(amount)
  return whole < 60 ? ` (${whole} s)` : ` (${Math.floor(whole / 60)} min ${whole % 60} s)`
}

/** `2026-11-25 04:05`, as the clock on the wall says. */
export const moment = (rfc3339: string): string => {
  const date = new Date(rfc3339)
  if (Number.isNaN(date.getTime())) return "-"
  const two = (part: number) => String(part).padStart(2, "0")
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-")
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
