// The charts of a room's last hours.

import { makeChart } from './chart.js'
import { byID, show, write } from './elements.js'
import { clock, count, decimal, span } from './format.js'

const minute = 60_000
const plain = name => columns => columns[name] ?? []
const per = span => name => (columns, seconds) =>
  plain(name)(columns).map(value => (value == null ? null : value / seconds * span))
const perSecond = per(1)
const perMinute = per(60)

const definitions = [
  { title: 'Waiting', format: count, series: [{ label: 'waiting', of: plain('waiting'), isFilled: true }] },
  {
    title: 'Slots',
    format: count,
    series: [
      { label: 'in use', of: plain('slots_in_use'), isFilled: true },
      { label: 'of', of: plain('max_active_users'), isLimit: true },
    ],
  },
  {
    title: 'Let in and joined, per second',
    format: decimal,
    series: [
      { label: 'let in', of: perSecond('admitted'), isFilled: true },
      { label: 'joined', of: perSecond('enqueued') },
      { label: 'rate', of: plain('queue_rate'), isLimit: true },
    ],
  },
  {
    title: 'Wait of who joins',
    format: span,
    isSpan: true,
    series: [{ label: 'estimate', of: plain('estimated_wait_seconds'), isFilled: true }],
  },
  {
    title: 'Gave up, per minute',
    format: decimal,
    series: [{ label: 'left or fell silent', of: perMinute('abandoned'), isFilled: true }],
  },
  {
    title: 'Time to the origin’s answer',
    format: span,
    isSpan: true,
    series: [
      { label: 'half within', of: plain('origin_latency_seconds_p50') },
      { label: '95 % within', of: plain('origin_latency_seconds_p95'), peaks: true },
    ],
  },
  {
    title: 'Requests at the origin, per second',
    format: decimal,
    series: [{ label: 'requests', of: perSecond('origin_requests'), isFilled: true }],
  },
  {
    title: 'Errors at the origin, per minute',
    format: decimal,
    series: [{ label: 'answers of the 500s, or none', of: perMinute('origin_errors'), isFilled: true }],
  },
]

const charts = definitions.map(makeChart)
byID('chart-list').append(...charts.map(chart => chart.node))

let shown = null

/** Draws what `GET history` said; null while it is not known. */
export function drawCharts(history) {
  shown = history
  show('chart-list', Boolean(history))
  if (!history) return write('charts-note', 'Nothing is recorded yet.')
  const data = {
    from: Date.parse(history.from), step: history.interval_seconds * 1000, columns: history.series,
  }
  const length = Math.max(0, ...Object.values(data.columns).map(values => values.length))
  const end = data.from + length * data.step
  const known = length * data.step
  const chosen = Number(byID('charts-range').value)
  const minutes = chosen || Math.max(15, Math.ceil(known / minute))
  for (const chart of charts) chart.draw(data, { start: end - minutes * minute, end })
  write('charts-note', known < minutes * minute
    ? `Recorded since ${clock(data.from)}, when this gate began; it remembers six hours at most.`
    : `Since ${clock(end - minutes * minute)}. This gate remembers six hours at most.`)
}

byID('charts-range').addEventListener('change', () => drawCharts(shown))
