// A chart over time: lines drawn as SVG, the values under the pointer, and the same as a table.

import { element, graphic, write } from './elements.js'
import { clock, hour, short, span, unknown } from './format.js'

const height = 150
const margin = { left: 46, right: 6, top: 8, bottom: 20 }
const tableRows = 24
const minute = 60_000

/**
 * A figure for `definition`: a `title`; `series` with a `label`, `of(columns)` (a value for each interval, null where
 * nothing is known), `isLimit` for a line that others stay below, `isFilled`, and `peaks` where the highest value of several
 * stands for all rather than their mean; and `format(value)`, with `isSpan` where values are seconds.
 */
export function makeChart(definition) {
  const legend = element('ul', { class: 'legend' })
  const moment = element('span', { class: 'moment' })
  const values = definition.series.map((series, index) => {
    const value = element('b', {}, unknown)
    legend.append(element('li', {}, swatch(index, series), element('span', {}, series.label), value))
    return value
  })
  const svg = graphic('svg', { role: 'img', height, class: 'chart' })
  const body = element('tbody')
  const table = element('details', {},
    element('summary', {}, 'Table', element('span', { class: 'unseen' }, `: ${definition.title}`)),
    element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${definition.title}, as a table` },
      element('table', {},
        element('caption', { class: 'unseen' }, definition.title),
        element('thead', {}, element('tr', {},
          element('th', { scope: 'col' }, 'Time'),
          ...definition.series.map(series => element('th', { scope: 'col' }, series.label)))),
        body)))
  const node = element('figure', { class: 'card' },
    element('figcaption', {}, element('h4', {}, definition.title), moment), legend, svg, table)

  let data = null
  let range = null
  let points = []
  let cursor = null

  function draw(newData = data, newRange = range) {
    data = newData
    range = newRange
    const width = svg.clientWidth
    if (!data || width < 100) return
    points = sampled(definition, data, range, Math.floor((width - margin.left - margin.right) / 2))
    const scale = scaleFor(definition, points, range, width)
    cursor = graphic('line', { class: 'cursor', y1: margin.top, y2: height - margin.bottom, visibility: 'hidden' })
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
    svg.setAttribute('aria-label', summary(definition, points))
    svg.replaceChildren(...grid(definition, scale, range, width), ...lines(definition, points, scale), cursor)
    tell(null)
    if (table.open) fillTable()
  }

  /** Shows the values at a point, or the latest ones. */
  function tell(point) {
    const shown = point ?? latest(points)
    write(moment, point ? clock(point.time) : '')
    values.forEach((value, index) => write(value, text(definition, shown?.values[index])))
  }

  function fillTable() {
    const rows = sampled(definition, data, range, tableRows).filter(point => point.values.some(value => value != null))
    body.replaceChildren(...rows.reverse().map(point =>
      element('tr', {}, element('th', { scope: 'row' }, clock(point.time)),
        ...point.values.map(value => element('td', {}, text(definition, value))))))
  }

  svg.addEventListener('pointermove', event => {
    const width = svg.clientWidth
    const time = range.start + (event.offsetX - margin.left) / (width - margin.left - margin.right) * (range.end - range.start)
    const nearest = points.reduce((best, point) =>
      (best === null || Math.abs(point.time - time) < Math.abs(best.time - time) ? point : best), null)
    if (!nearest) return
    const x = margin.left + (nearest.time - range.start) / (range.end - range.start) * (width - margin.left - margin.right)
    cursor.setAttribute('x1', x)
    cursor.setAttribute('x2', x)
    cursor.setAttribute('visibility', 'visible')
    tell(nearest)
  })
  svg.addEventListener('pointerleave', () => {
    cursor?.setAttribute('visibility', 'hidden')
    tell(null)
  })
  table.addEventListener('toggle', () => {
    if (table.open && data) fillTable()
  })
  new ResizeObserver(() => draw()).observe(svg)
  return { node, draw }
}

const text = (definition, value) => (value == null ? unknown : definition.format(value))

const latest = points => points.findLast(point => point.values.some(value => value != null))

function swatch(index, series) {
  const line = graphic('line', { class: lineClass(index, series), x1: 1, y1: 5, x2: 17, y2: 5 })
  return graphic('svg', { class: 'swatch', width: 18, height: 10, 'aria-hidden': 'true' }, line)
}

const lineClass = (index, series) => (series.isLimit ? 'line limit' : `line line-${index + 1}`)

/** The values within the range, several intervals in one where there are more of them than `count`. */
function sampled(definition, data, range, count) {
  const columns = definition.series.map(series => series.of(data.columns, data.step / 1000))
  const first = Math.max(0, Math.ceil((range.start - data.from) / data.step))
  const length = Math.max(...columns.map(column => column.length))
  const size = Math.max(1, Math.ceil((range.end - range.start) / data.step / Math.max(1, count)))
  const points = []
  // Whole groups since the beginning of time: a value does not change its group as the hours go on.
  const offset = Math.round(data.from / data.step) % size
  let start = first
  while (start < length) {
    const end = Math.min(length, start + size - (start + offset) % size)
    points.push({
      time: data.from + end * data.step,
      values: columns.map((column, index) => gathered(column.slice(start, end), definition.series[index].peaks)),
    })
    start = end
  }
  return points
}

function gathered(values, peaks) {
  const known = values.filter(value => value != null)
  if (!known.length) return null
  return peaks ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0) / known.length
}

function scaleFor(definition, points, range, width) {
  const highest = Math.max(0, ...points.flatMap(point => point.values.filter(value => value != null)))
  const step = niceStep((highest || 3) / 3, definition.isSpan)
  const top = Math.max(1, Math.ceil(highest / step)) * step
  return {
    step,
    top,
    x: time => margin.left + (time - range.start) / (range.end - range.start) * (width - margin.left - margin.right),
    y: value => margin.top + (1 - value / top) * (height - margin.top - margin.bottom),
  }
}

function niceStep(least, isSpan) {
  const spans = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
  if (isSpan && least > 1) return spans.find(step => step >= least) ?? Math.ceil(least / 86_400) * 86_400
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= least * 0.999)
}

function grid(definition, scale, range, width) {
  const parts = []
  for (let value = 0; value <= scale.top * 1.001; value += scale.step) {
    const y = Math.round(scale.y(value)) + 0.5
    parts.push(graphic('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y, y2: y }))
    const label = definition.isSpan ? span(value) : short(value)
    parts.push(graphic('text', { class: 'axis', x: margin.left - 6, y: y + 4, 'text-anchor': 'end' }, label))
  }
  const steps = [1, 2, 5, 10, 15, 30, 60, 120]
  const fits = (range.end - range.start) / Math.max(2, Math.floor(width / 80))
  const step = (steps.find(minutes => minutes * minute >= fits) ?? 120) * minute
  const zone = new Date(range.end).getTimezoneOffset() * minute
  for (let time = Math.ceil((range.start - zone) / step) * step + zone; time <= range.end; time += step) {
    const x = scale.x(time)
    if (x < margin.left + 14 || x > width - 18) continue
    parts.push(graphic('text', { class: 'axis', x, y: height - 5, 'text-anchor': 'middle' }, hour(time)))
  }
  return parts
}

function lines(definition, points, scale) {
  return definition.series.flatMap((series, index) => {
    const runs = [[]]
    for (const point of points) {
      const value = point.values[index]
      if (value == null) runs.push([])
      else runs.at(-1).push(`${scale.x(point.time).toFixed(1)} ${scale.y(value).toFixed(1)}`)
    }
    const known = runs.filter(run => run.length)
    if (!known.length) return []
    // A line of no length is drawn as a dot by its round ends.
    const path = known.map(run => `M${run.length === 1 ? [run[0], run[0]].join('L') : run.join('L')}`).join('')
    const line = graphic('path', { class: lineClass(index, series), d: path })
    if (!series.isFilled) return [line]
    const floor = (height - margin.bottom).toFixed(1)
    const area = known.map(run =>
      `M${run[0].split(' ')[0]} ${floor}L${run.join('L')}L${run.at(-1).split(' ')[0]} ${floor}Z`).join('')
    return [graphic('path', { class: `area area-${index + 1}`, d: area }), line]
  })
}

/** What the picture shows, in words. */
function summary(definition, points) {
  const parts = definition.series.map((series, index) => {
    const known = points.map(point => point.values[index]).filter(value => value != null)
    if (!known.length) return `${series.label}: nothing known`
    const [low, high, now] = [Math.min(...known), Math.max(...known), known.at(-1)].map(definition.format)
    return `${series.label}: now ${now}, lowest ${low}, highest ${high}`
  })
  return `${definition.title}. ${parts.join('. ')}.`
}
