// Rows of text, as CSV has them, → the values that their features take. Pure. What is no value of its type stays text, so that
// assembling says what is wrong with it.
import type { Feature } from './features.ts'

type Row = Readonly<Record<string, unknown>>

const missing = new Set(['', 'na', 'nan', 'null', 'none'])

/** The features' columns of `row`, typed; a cell that says that there is nothing is left out. */
export function typedRow(row: Row, features: readonly Feature[]): Row {
  const typed = Object.create(null) as Record<string, unknown>
  for (const feature of features) {
    const cell = Object.hasOwn(row, feature.name) ? row[feature.name] : undefined
    const value = typeof cell === 'string' ? typedCell(cell, feature) : plain(cell)
    if (value !== undefined && value !== null) typed[feature.name] = value
  }
  return typed
}

/** Parquet's integers are wide; most are small, and then a number like any other. */
function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

function typedCell(cell: string, { type, rules }: Feature): unknown {
  if (type === 'string') return cell
  if (missing.has(cell.trim().toLowerCase())) return undefined
  switch (type) {
    case 'number':
      return number(cell)
    case 'integer':
      return integer(cell)
    case 'boolean':
      return boolean(cell)
    case 'category':
      return rules.values?.find(value => String(value) === cell) ?? cell
    case 'tensor':
      return list(cell)
  }
}

function number(cell: string): unknown {
  const value = Number(cell)
  return Number.isNaN(value) ? cell : value
}

/** Beyond what a number holds exactly, the digits are kept: 64-bit tensors take them. */
function integer(cell: string): unknown {
  const value = Number(cell)
  if (!Number.isInteger(value)) return number(cell)
  return Number.isSafeInteger(value) ? value : cell.trim()
}

function boolean(cell: string): unknown {
  const text = cell.trim().toLowerCase()
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : cell
}

/** A whole tensor of a row is a JSON list in its cell. */
function list(cell: string): unknown {
  try {
    return JSON.parse(cell) as unknown
  } catch {
    return cell
  }
}
