import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as Speakable from "../src/Speakable.ts"

const utterances = (text: string) => Effect.runSync(Speakable.fromText(text))
const texts = (text: string) => utterances(text).map((utterance) => utterance.text)
const refusal = (text: string) => Effect.runSync(Effect.flip(Speakable.fromText(text)))

describe("Speakable", () => {
  it.each([
    ["Dr. Smith met Mr. J. R. Jones. He left.", ["Doctor Smith met Mister J R Jones.", "He left."]],
    ["The U.S. Army came to the U.S. The end.", ["The U S Army came to the U S.", "The end."]],
    [
      "Fruit, e.g. Apples, is at No. 5 Main St. He knows.",
      ["Fruit, for example Apples, is at number five Main Street.", "He knows."],
    ],
    [
      "So did I. She said no. Five came at 5 p.m. Then?",
      ["So did I.", "She said no.", "Five came at five P M.", "Then?"],
    ],
    [
      'Pi is 3.14. "Stop!" See www.example.com now.',
      ["Pi is three point one four.", '"Stop!"', "See example dot com now."],
    ],
    ["He sat. On Nov. 25 he stood. No. 7 won.", ["He sat.", "On November twenty-fifth he stood.", "number seven won."]],
  ])("finds the sentences of %j", (text, expected) => {
    assert.deepStrictEqual(texts(text), expected)
  })

  it("folds typography, ligatures, accents and symbols to ASCII", () => {
    const text = "“Naïve café”—ﬁne… Straße, Łódź, O’Brien, Hawaiʻi & ½ × α 🙂™ of 20 °C ≤ 5 µm"
    const folded =
      "\"Naive cafe\", fine... Strasse, Lodz, O'Brien, Hawai'i and one half times alpha of twenty degrees Celsius is at " +
      "most five micrometers"
    assert.strictEqual(texts(text).join(" "), folded)
  })

  it.each([
    // Numbers
    [
      "1 cat, 21 dogs, 1,234,567 ants",
      "one cat, twenty-one dogs, one million two hundred thirty-four thousand five hundred sixty-seven ants",
    ],
    ["3 ft 2 in, or 5 feet 11 in", "three feet two inches, or five feet eleven inches"],
    ["C++, C# and .NET", "C plus plus, C sharp and dot net"],
    ["a \u001b[1;31mred\u001b[0m word", "a red word"],
    ["-7, −3.5 and .5", "minus seven, minus three point five and point five"],
    ["the 1st, 2nd, 12th, 21st and 1,000th", "the first, second, twelfth, twenty-first and one thousandth"],
    ["1/2, 3/4, 2½, 5/3 and 24/7", "one half, three quarters, two and one half, five over three and twenty-four seven"],
    ["pages 3-7, 10–15 of them, 3:1", "pages three to seven, ten to fifteen of them, three to one"],
    ["2+2 = 4, 3x4, 50+", "two plus two equals four, three by four, fifty plus"],
    ["agent 007, version 1.2.3, #5", "agent zero zero seven, version one point two point three, number five"],
    ["card 4111111111111111", `card four ${Array(15).fill("one").join(" ")}`],
    ["World War II, Henry VIII, Chapter IV", "World War two, Henry the eighth, Chapter four"],
    // Years, dates, times
    [
      "in 1984, 1905, 2000, 2006 and 2026",
      "in nineteen eighty-four, nineteen oh five, two thousand, two thousand six and twenty twenty-six",
    ],
    ["in 1815, but 1815 men", "in eighteen fifteen, but one thousand eight hundred fifteen men"],
    ["the 1990s and '60s", "the nineteen nineties and sixties"],
    ["2026-11-25, 11/25/2026, 25.11.2026", Array(3).fill("November twenty-fifth, twenty twenty-six").join(", ")],
    ["25 Nov 2026 or Nov. 25, 2026", Array(2).fill("November twenty-fifth, twenty twenty-six").join(" or ")],
    ["Mon, 3 May and 13/1/2026", "Monday, the third of May and January thirteenth, twenty twenty-six"],
    [
      "at 14:30, 3:05 pm, 9:00, 9:00 a.m. and 5pm",
      "at fourteen thirty, three oh five P M, nine o'clock, nine A M and five P M",
    ],
    ["2026-11-25T14:30:05Z", "November twenty-fifth, twenty twenty-six, fourteen thirty and five seconds U T C"],
    // Money, percent, units
    ["$3.50, $1, $0.99, -$5", "three dollars and fifty cents, one dollar, ninety-nine cents, minus five dollars"],
    [
      "€1,000, £2m, $1.5 million, £0.01, 20 €",
      "one thousand euros, two million pounds, one point five million dollars, one penny, twenty euros",
    ],
    ["$5-10 and 100 USD", "five to ten dollars and one hundred dollars"],
    ["5.5% or 5-10 %", "five point five percent or five to ten percent"],
    [
      "1 km, 5 km, 6 ft, 100 km/h, 5 m², 16GB",
      "one kilometer, five kilometers, six feet, one hundred kilometers per hour, five square meters, sixteen gigabytes",
    ],
    // Addresses and phone numbers
    ["info@example.com", "info at example dot com"],
    ["https://www.example.co.uk/a-b?x=1.", "example dot co dot U K slash a dash b question mark x equals one."],
    ["(555) 123-4567", "five five five, one two three, four five six seven"],
    ["+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"],
    ["report.pdf by @jo_b #fun", "report dot pdf by at jo underscore b hashtag fun"],
    // Abbreviations and initialisms
    ["Prof. Lee vs. St. Paul, etc.", "Professor Lee versus Saint Paul, et cetera."],
    ["NASA and the FBI use HTTP APIs", "Nasa and the F B I use H T T P A P I's"],
    ["MP3, H2O, COVID-19, 5-year-old", "M P three, H two O, Covid nineteen, five year-old"],
    ["STOP! DO NOT ENTER.", "Stop! do not enter."],
    // As people write
    [
      "on 3/4 at 10, 5/10/24, 2024/11/25",
      "on March fourth at ten, May tenth, twenty twenty-four, November twenty-fifth, twenty twenty-four",
    ],
    ["9am-5pm, Mon-Fri, 5.30pm, 17:00h", "nine A M to five P M, Monday to Friday, five thirty P M, seventeen hundred"],
    ["Dec 31 '99 for 2h45m", "December thirty-first ninety-nine for two hours forty-five minutes"],
    [
      "$5M–$10M, 1.234,56 €, CHF 89.–, ₿2",
      "five million dollars to ten million dollars, one thousand two hundred thirty-four euros and fifty-six cents, eighty-nine Swiss francs, two bitcoins",
    ],
    ["1,5 million, but 1,500 and 1,2,3", "one point five million, but one thousand five hundred and one, two, three"],
    [
      "$1/kg, 3 m/s², 60fps, 100 Mbit/s, 16 Ω",
      "one dollar per kilogram, three meters per second squared, sixty frames per second, one hundred megabits per second, sixteen ohms",
    ],
    [`5'11" and 1½ tsp. of salt`, "five foot eleven and one and one half teaspoons of salt"],
    [
      "1e6, 10^-3, E=mc², y <= 3 && x",
      "one times ten to the power of six, ten to the power of minus three, E equals mc squared, y is at most three and x",
    ],
    [
      "Rocky IV, WWII and the CO2 of 476 AD",
      "Rocky four, World War two and the C O two of four hundred seventy-six A D",
    ],
    [
      "call 911, not 10.0.0.0/8 or ISBN 0-306-40615-X",
      "call nine one one, not one zero dot zero dot zero dot zero slash eight or I S B N zero, three zero six, four zero six one five X",
    ],
    [
      "tel:+1 (212) 555-1234 ext. 56",
      "telephone plus one, two one two, five five five, one two three four extension fifty-six",
    ],
    ["Apt. 4B on p. 15 (incl. VAT)", "Apartment four B on page fifteen (including V A T)"],
    ["AT&T's PhD, MI6, FY24, ok?", "A T and T's P H D, M I six, F Y twenty-four, okay?"],
    ["w/o it and/or <b>bold</b> *stars*", "without it and or bold stars"],
  ])("reads %j aloud", (written, said) => {
    assert.strictEqual(texts(written).join(" "), said)
  })

  it("rejoins wrapped lines, keeps list items apart and pauses by what was ended", () => {
    const list = utterances("A line\nwrapped. And more.\n- one\n- two\n\nLast.")
    assert.deepStrictEqual(
      list.map(({ pause, text }) => [text, pause]),
      [
        ["A line wrapped.", 0.3],
        ["And more.", 0.6],
        ["one", 0.6],
        ["two", 0.6],
        ["Last.", 0],
      ],
    )
  })

  it("cuts long sentences at clauses", () => {
    const long = Array.from({ length: 30 }, (_, i) => `this is clause number ${"abcdef".charAt(i % 6)}`).join(", ")
    const parts = utterances(`${long}.`)
    assert.isAbove(parts.length, 2)
    for (const { pause, text } of parts.slice(0, -1)) {
      assert.match(text, /,$/)
      assert.strictEqual(pause, 0.12)
    }
    assert.strictEqual(parts.map(({ text }) => text).join(" "), `${long}.`)
  })

  it("speaks what people write to be heard as a sound", () => {
    for (const text of ["Noooooooooooooooooooo!", "Zzzzzzzzzzzz.", "x", `a${"h".repeat(60)}`])
      assert.lengthOf(texts(text), 1)
  })

  it.each([
    ["", "empty", /empty/],
    [" \n\t", "empty", /empty/],
    ["?! … 🙂", "nothing to say", /English/],
    ["x".repeat(3_000), "nothing to say", /only the letter “x”/],
    ["X x. ".repeat(40), "nothing to say", /only the letter “X”/],
    ["Привет, мир", "unsupported script", /Cyrillic.*English in Latin script/],
    ["She said 你好 to me.", "unsupported script", /“你好” in Han script; this engine speaks English/],
    ["Read: ٣٤ pages", "unsupported script", /“٣٤” in Arabic script/],
    ["It is Ελλάδα.", "unsupported script", /“Ελλάδα” in Greek script/],
    ["Der Hund und die Katze sind nicht im Haus, aber sie kommen auch noch.", "unsupported language", /German/],
    ["Le chat est dans la maison avec les enfants et le chien.", "unsupported language", /French.*English/],
    ["El perro y el gato están en la casa con los niños.", "unsupported language", /Spanish/],
  ])("refuses %j", (text, reason, message) => {
    const error = refusal(text)
    assert.strictEqual(error.reason, reason)
    assert.match(error.message, message)
    assert.strictEqual(error.supported, Speakable.supported)
  })

  it.each([
    ["Caesar said veni, vidi, vici; the French say c'est la vie, and Germans say auf Wiedersehen.", 1],
    ["Der Mann!", 1],
    ["42", 1],
  ])("speaks %j, foreign words and all", (text, count) => {
    assert.strictEqual(texts(text).length, count)
  })

  it("lets others have their turns while it reads a long text", async () => {
    let turns = 0
    let timer = setImmediate(function tick() {
      turns++
      timer = setImmediate(tick)
    })
    const prose = await Effect.runPromise(Speakable.fromText("It cost $1.50 on May 3rd. ".repeat(800)))
    const afterProse = turns
    // a sentence that has no end
    await Effect.runPromise(Speakable.fromText("$1/kg ".repeat(16_000)))
    clearImmediate(timer)
    assert.strictEqual(prose.length, 800)
    assert.isAtLeast(afterProse, 100)
    assert.isAtLeast(turns - afterProse, 5)
  })

  it("leaves plain words alone, again and again", () => {
    const text = 'It\'s the plain old text; nothing to change here, is there? "No," she said (smiling).'
    assert.deepStrictEqual(texts(text), [
      "It's the plain old text; nothing to change here, is there?",
      '"No," she said (smiling).',
    ])
    const word = fc.stringMatching(/^[a-z]{2,12}$/u)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        // The fewest are units after nothing, and none is an abbreviation without its stop, or spoken otherwise.
        const plain = words.filter((word) => !["vs", "etc", "ok", "asap"].includes(word)).join(" ")
        fc.pre(plain !== "" && Result.isSuccess(Effect.runSync(Effect.result(Speakable.inspect(plain)))))
        assert.strictEqual(texts(plain).join(" "), plain)
      }),
    )
  })

  it.each(
    [
      "a",
      "9",
      "1,",
      "A. ",
      "Mr. ",
      "$",
      "@",
      "a@",
      "http://",
      "<",
      "1:",
      " \u00a0",
      "\n",
      "\n- ",
      "½",
      "1-",
      "U.S. ",
    ].concat("Dr. Smith paid $3.50 on 11/25/2026 at 5 p.m. for 2 km of rope; see www.example.com. "),
  )("takes 100,000 characters of %j", (part) => {
    const found = utterances(`x ${part.repeat(100_000 / part.length)} x`)
    assert.isTrue(found.every(({ text }) => text.length <= Speakable.utteranceLimit))
  })

  it("hands on only what the front end can take, whatever the text", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 600 })
    fc.assert(
      fc.property(fc.oneof(text, fc.lorem({ maxCount: 80 })), (text) => {
        const result = Effect.runSync(Effect.result(Speakable.fromText(text)))
        if (Result.isFailure(result)) return
        let progress = 0
        for (const utterance of result.success) {
          assert.match(utterance.text, /^[\x20-\x7e]{1,240}$/)
          assert.isAbove(utterance.progress, progress)
          progress = utterance.progress
        }
        assert.strictEqual(progress, 1)
        assert.strictEqual(result.success.at(-1)!.pause, 0)
      }),
    )
  })
})
