/** Tells languages apart that share the Latin script, by the small words that no text goes without. */

const englishWords =
  "the of and to in is that it was for on with as at by this be are from or have an they which one you were all her she " +
  "there would their we him been has when who will no more if out so said what up its about into than them can only " +
  "other new some could time these two may then do first any my now such like our over man me even most made after " +
  "also did many not but his he had i a your just know get how"

/** None of them is an English word. */
const foreignWords: Record<string, string> = {
  German:
    "der das und ist nicht ein eine einen dem des mit sich auf auch werden wird sie ich wir ihr von zu aus bei nach wie " +
    "oder aber sind haben hat wenn noch kann mehr ueber fur uber durch",
  French:
    "le la les des et est un une du dans que qui pour pas sur au avec ce cette ne sont nous vous ils elle mais ou plus par " +
    "aux etre ont leur je il",
  Spanish:
    "el la los las que y en un una por con para es del al se lo como mas pero sus le ya este porque esta entre cuando muy " +
    "sin sobre ser tiene tambien",
  Italian:
    "il la che di e un una per non sono con del della dei le gli si da al nel anche come piu ma questo essere alla " +
    "delle lo ha ho",
  Portuguese:
    "que e o os um uma para com nao por mais as dos da das na no como mas ao ele ela seu sua ou quando muito nos ja " +
    "esta tambem pelo",
  Dutch: "het een en van ik te dat zijn niet met voor aan er maar om hem dan zou wat mijn worden naar heb ook bij deze",
  Polish: "nie sie na jest do ze jak ale to co po tak za od jego przez czy tylko przy bardzo dla moze ktory jej",
  Swedish: "och att det som en av ar den med till inte har han jag ett om hade vi kan man sig fran nar var ska",
  Turkish: "ve bir bu da de icin cok ama gibi daha ile ne var ben sen olarak kadar sonra olan mi degil",
  Indonesian: "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka oleh sudah",
}

/** Fewer of them may be a quotation, a name, a title. */
const leastWords = 6
/** Least share of a text. Texts of any language have a quarter to a half of such words. */
const leastShare = 0.2
const sampled = 20_000

const english = new Set(englishWords.split(" "))
const foreign = Object.entries(foreignWords).map(([name, words]) => ({
  name,
  words: new Set(words.split(" ").filter((word) => !english.has(word))),
}))

/** The language of a folded text, where it is clearly one that is not English; judged by its beginning. */
export const guessLanguage = (folded: string): string | undefined => {
  const words =
    folded
      .slice(0, sampled)
      .toLowerCase()
      .match(/[a-z]+/gu) ?? []
  if (words.length < leastWords) return undefined
  const known = words.filter((word) => english.has(word)).length
  const counts = foreign.map(({ name, words: own }) => {
    const found = words.filter((word) => own.has(word))
    return { name, count: found.length, distinct: new Set(found).size }
  })
  const best = counts.reduce((most, next) => (next.count > most.count ? next : most))
  const isClear = best.distinct >= 4 && best.count >= words.length * leastShare && best.count > 3 * known
  return isClear ? best.name : undefined
}
