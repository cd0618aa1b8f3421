// Calls of the admin API. The key lives in this tab's sessionStorage and goes out as a bearer token, never as a cookie.

const storage = 'anteroom-admin-key'
const root = '/admin/v1'
const patience = 10_000

let key = sessionStorage.getItem(storage)

export const hasKey = () => key !== null

export function keepKey(text) {
  key = text
  sessionStorage.setItem(storage, text)
}

export function dropKey() {
  key = null
  sessionStorage.removeItem(storage)
}

/** An answer other than what was asked for; `status` is 0 where there was none. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** Calls the gate and returns what it says. Throws `Refusal`. */
export async function call(method, path, body) {
  const answer = await reach(root + path, {
    method,
    headers: { ...authorization(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
  })
  if (!answer.ok) throw new Refusal(answer.status, await complaint(answer))
  if (answer.status === 204) return null
  try {
    return await answer.json()
  } catch {
    throw new Refusal(0, 'The answer broke off.')
  }
}

export const get = path => call('GET', path)

export const roomPath = (id, rest = '') => `/rooms/${encodeURIComponent(id)}${rest}`

/** Reads a stream of events until it ends or is aborted. Throws `Refusal`. */
export async function follow(path, signal, take) {
  const answer = await reach(root + path, { headers: { ...authorization(), Accept: 'text/event-stream' }, signal })
  if (!answer.ok) throw new Refusal(answer.status, await complaint(answer))
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  while (true) {
    let piece
    try {
      piece = await reader.read()
    } catch {
      return
    }
    if (piece.done) return
    const blocks = (rest + piece.value).split('\n\n')
    rest = blocks.pop()
    for (const block of blocks) {
      const data = block.split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart())
      if (data.length) take(JSON.parse(data.join('\n')))
    }
  }
}

const authorization = () => ({ Authorization: `Bearer ${key}` })

async function reach(path, options) {
  try {
    return await fetch(path, { ...options, cache: 'no-store', credentials: 'omit', redirect: 'error' })
  } catch (error) {
    const isLate = error.name === 'TimeoutError'
    throw new Refusal(0, isLate ? `The gate did not answer within ${patience / 1000} s.` : 'The gate cannot be reached.')
  }
}

/** What a problem (RFC 9457) says, with what is wrong with each part. */
async function complaint(answer) {
  try {
    const problem = await answer.json()
    const parts = (problem.errors ?? []).map(flaw => flaw.detail).filter(detail => detail !== problem.detail)
    return [problem.detail ?? problem.title, ...parts].join(' ')
  } catch {
    return `The gate answered ${answer.status}.`
  }
}
