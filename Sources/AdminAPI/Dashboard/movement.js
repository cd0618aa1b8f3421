// How fast a room's totals grow, from what was seen of it in the last minute.

const window = 60_000
const seen = new Map()

/** Takes in a room as the gate has just told it. */
export function notice(room) {
  const time = Date.parse(room.time)
  const samples = seen.get(room.queue_id) ?? []
  const last = samples.at(-1)
  if (last && (time < last.time || room.enqueued_total < last.enqueued_total)) samples.length = 0
  if (!last || time > last.time) {
    samples.push({
      time, enqueued_total: room.enqueued_total, admitted_total: room.admitted_total,
      abandoned_total: room.abandoned_total,
    })
  }
  while (samples.length > 1 && samples[0].time < time - window) samples.shift()
  seen.set(room.queue_id, samples)
}

/** How much a total grew per second in about the last `seconds`; null until it has been seen twice. */
export function growth(room, total, seconds) {
  const samples = seen.get(room.queue_id) ?? []
  const last = samples.at(-1)
  const first = samples.find(sample => sample.time >= last.time - seconds * 1000 - 500)
  if (!first || first === last) return null
  return (last[total] - first[total]) / ((last.time - first.time) / 1000)
}
