/**
 * What a terminal can show: signs beyond ASCII are garbled where its locale has another encoding than UTF-8.
 */

/** Whether the locale writes UTF-8 (POSIX: `LC_ALL` goes before `LC_CTYPE`, that before `LANG`); where none is set, it does. */
export const isUtf8 = (env: NodeJS.ProcessEnv): boolean => {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "")
  return locale === undefined || /utf-?8/i.test(locale)
}

const utf8 = { frames: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", done: "✓", cut: "…", bars: "▁▂▃▄▅▆▇█" }
const ascii: typeof utf8 = { frames: "|/-\\", done: "+", cut: "~", bars: "_.-~:=*#" }

/** The signs of live lines and of waveforms, a cell each. */
export const signs = isUtf8(process.env) ? utf8 : ascii
