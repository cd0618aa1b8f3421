// The one dialog: what is about to happen, a value if one is needed, and how far it has come.

import { byID, element, say, show, write } from './elements.js'
import { Refusal } from './gate.js'
import { count } from './format.js'

const dialog = byID('ask')
let current = null
let isRunning = false

/**
 * Asks before something is done.
 *
 * `question` has a `title`, a `text`, the word on the button (`go`), and `run(value, progress)`, which does it and
 * returns what to say when it is done. Optional: `field` (label, value, hint and attributes of an input), `choices`
 * (legend and options [value, label, text]), `other` (a second way: label and `run`), `isDanger`.
 * `progress(done, total)` shows how far it is and throws once the operator has stopped it.
 */
export function ask(question) {
  current = question
  write('ask-title', question.title)
  write('ask-text', question.text)
  write('ask-problem', '')
  const go = byID('ask-go')
  write(go, question.go)
  go.className = question.isDanger ? 'danger' : 'primary'
  const { field, choices, other } = question
  show('ask-field', Boolean(field))
  const input = byID('ask-value')
  for (const name of ['type', 'min', 'max', 'step', 'inputmode', 'pattern', 'maxlength']) input.removeAttribute(name)
  input.required = Boolean(field)
  if (field) {
    write('ask-label', field.label)
    write('ask-hint', field.hint ?? '')
    for (const [name, value] of Object.entries(field.attributes ?? {})) input.setAttribute(name, value)
    input.value = field.value ?? ''
  } else {
    input.value = ''
  }
  showChoices(choices)
  show('ask-other', Boolean(other))
  if (other) write('ask-other', other.label)
  show('ask-progress', false)
  settle(false)
  dialog.showModal()
  // What does harm is not a keystroke away.
  if (field) input.select()
  else (question.isDanger ? byID('ask-cancel') : go).focus()
}

function showChoices(choices) {
  const fields = byID('ask-choices')
  show(fields, Boolean(choices))
  const legend = byID('ask-legend')
  const options = (choices?.options ?? []).map(([value, label, text], index) =>
    element('label', {},
      element('input', { type: 'radio', name: 'choice', value, checked: index === 0 ? '' : null }),
      element('span', {}, element('b', {}, label), ` ${text}`)))
  write(legend, choices?.legend ?? '')
  fields.replaceChildren(legend, ...options)
}

function settle(running) {
  isRunning = running
  for (const id of ['ask-go', 'ask-other', 'ask-value', 'ask-choices']) byID(id).disabled = running
  write('ask-cancel', running ? 'Stop' : 'Cancel')
  dialog.setAttribute('aria-busy', String(running))
}

class Stopped extends Error {}

function progress(done, total) {
  if (!isRunning) throw new Stopped('Stopped.')
  show('ask-progress', true)
  const bar = byID('ask-done')
  bar.max = Math.max(1, total)
  bar.value = done
  write('ask-count', `${count(done)} of ${count(total)}`)
}

async function carryOut(run) {
  const question = current
  const value = byID('ask-choices').hidden
    ? byID('ask-value').value.trim()
    : dialog.querySelector('input[name=choice]:checked')?.value
  write('ask-problem', '')
  settle(true)
  try {
    const done = await run(value, progress)
    if (current === question) dialog.close()
    say(done)
  } catch (error) {
    if (current !== question) return
    settle(false)
    byID('ask-cancel').focus()
    if (!(error instanceof Refusal) && !(error instanceof Stopped)) throw error
    write('ask-problem', error.message)
  }
}

byID('ask-form').addEventListener('submit', event => {
  event.preventDefault()
  if (!isRunning) carryOut(current.run)
})
byID('ask-other').addEventListener('click', () => carryOut(current.other.run))
byID('ask-cancel').addEventListener('click', () => {
  if (isRunning) isRunning = false
  else dialog.close()
})
dialog.addEventListener('cancel', event => {
  if (!isRunning) return
  event.preventDefault()
  isRunning = false
})
dialog.addEventListener('close', () => {
  isRunning = false
  current = null
})
