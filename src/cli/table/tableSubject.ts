import { createHash } from 'node:crypto';
import { Normalizer } from '../../data/normalizer.ts';
import { Dropout, type Layer, Linear, mse } from '../../index.ts';
import { plural } from '../show.ts';
import { makeRecurrent, type Settings } from '../train/settings.ts';
import type { Source, Subject } from '../train/subject.ts';
import { type ReadOptions, readTable, type Table } from './readTable.ts';
import { RowLanes } from './rowLanes.ts';
import { type TableModel, tableMetadata } from './tableModel.ts';

/** A table, learned row by row: a model forecasts the next row. */
export class TableSubject implements Subject {
  readonly kind = 'table';
  readonly source: Source;
  readonly loss = mse;
  readonly normalizer: Normalizer;
  readonly #table: Table;
  readonly #options: ReadOptions;
  /** [rows, columns], normalized. */
  readonly #data: Float32Array<ArrayBuffer>;

  /**
   * normalizer: default, that of the table.
   * @throws {CliError} if the text is not a table; the message names the line and the column
   */
  constructor(text: string, options: ReadOptions, normalizer?: Normalizer) {
    const table = readTable(text, options);
    this.#table = table;
    this.#options = options;
    this.normalizer = normalizer ?? Normalizer.fit(table.data, { features: table.columns.length });
    this.#data = this.normalizer.apply(table.data);
    this.source = { sha256: createHash('sha256').update(text, 'utf8').digest('hex'), size: table.rows };
  }

  get metadata(): Record<string, string> {
    return tableMetadata({ columns: this.columns, normalizer: this.normalizer } satisfies TableModel);
  }

  get columns(): readonly string[] {
    return this.#table.columns;
  }

  /** Recurrent layers, dropout if not 0, and a Linear layer to the columns of the next row. */
  makeLayers(settings: Settings): Layer[] {
    const { hidden, dropout } = settings;
    const columns = this.columns.length;
    return [
      makeRecurrent(settings, columns),
      ...(dropout > 0 ? [new Dropout(dropout)] : []),
      new Linear(hidden, columns),
    ];
  }

  batches(steps: number, batch: number): RowLanes {
    return new RowLanes(this.#data, this.columns.length, steps, batch);
  }

  another(text: string): TableSubject {
    return new TableSubject(text, { ...this.#options, columns: this.columns }, this.normalizer);
  }

  /** The loss of a forecast that repeats the row before. */
  get repeating(): number {
    const data = this.#data;
    const F = this.columns.length;
    let sum = 0;
    for (let i = F; i < data.length; i++) sum += (data[i]! - data[i - F]!) ** 2;
    return sum / (data.length - F);
  }

  describe(): string {
    const { dates, rows } = this.#table;
    const period = dates ? `, ${dates.first} to ${dates.last}` : '';
    return `${plural(rows, 'row')} of ${this.columns.join(', ')}${period}`;
  }
}
