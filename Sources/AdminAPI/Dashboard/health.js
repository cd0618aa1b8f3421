// Whether the gate has what it needs, and what is wrong with its configuration.

import { byID, element, show, write, writeFacts } from './elements.js'
import { clock, count } from './format.js'

/** Shows what `GET health` said of the gate that `GET /admin/v1` called `gate`. */
export function showHealth(health, gate) {
  const { file, loaded_at: loadedAt, problems } = health.configuration
  const troubles = [
    ...health.checks.filter(check => !check.ok).map(check => `${check.name}: ${check.reason ?? 'not ok'}`),
    ...problems,
  ]
  const list = byID('attention-list')
  const rows = troubles.map(trouble => element('li', {}, trouble))
  const same = rows.length === list.children.length && rows.every((row, i) => row.isEqualNode(list.children[i]))
  if (!same) list.replaceChildren(...rows)
  show('attention', troubles.length > 0)
  write('attention-title', problems.length
    ? 'Needs attention: the file has a mistake, the last good one is in force' : 'Needs attention')
  writeFacts(byID('health-facts'), [
    ['Ready', health.ready ? 'yes' : 'no'],
    ...health.checks.map(check => [check.name, check.ok ? 'ok' : check.reason ?? 'not ok']),
    ['Configuration', `${file}, read ${clock(loadedAt)}`],
    ['Events still to be sent', count(health.events_backlog)],
    ['Version', `${gate.version}, running since ${clock(gate.started_at)}`],
  ])
}
