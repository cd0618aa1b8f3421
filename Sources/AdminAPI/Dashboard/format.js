// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 })
const hundredths = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 })
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 })
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

export const unknown = '–'

export const count = value => (value == null ? unknown : whole.format(value))

/** Few digits, for axes. */
export const short = value => (value < 10 ? hundredths : compact).format(value)

/** With as many digits as tell something. */
export function decimal(value) {
  if (value == null) return unknown
  return (value < 1 ? hundredths : value < 100 ? tenths : whole).format(value)
}

export const percent = share => `${(share < 0.1 ? tenths : whole).format(share * 100)} %`

/** A span of seconds: "850 ms", "12 s", "4 min", "1 h 20 min". */
export function span(seconds) {
  if (seconds == null) return unknown
  if (seconds === 0) return '0 s'
  if (seconds < 0.0995) return `${tenths.format(seconds * 1000)} ms`
  if (seconds < 0.9995) return `${whole.format(seconds * 1000)} ms`
  if (seconds < 9.95) return `${tenths.format(seconds)} s`
  if (seconds < 99.5) return `${whole.format(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`
}

/** How long ago something was, in whole seconds first. */
export const age = milliseconds => span(Math.max(0, Math.round(milliseconds / 1000)))

/** "20:44:31", with the day where it is not today. */
export function clock(moment) {
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return unknown
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? time.format(date) : `${day.format(date)}, ${time.format(date)}`
}

/** "20:44", for axes. */
export const hour = moment => minute.format(new Date(moment))

/** "1 place", "2 places". */
export const several = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`
