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
