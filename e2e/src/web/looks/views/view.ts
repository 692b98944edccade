import type { Page } from '@playwright/test';
import type { Stored } from '../stored';

/** A page, or an open state of one. */
export interface View {
  name: string;
  /** Leads to it, in any language; what the page shows before does not matter. */
  open: (page: Page, stored: Stored) => Promise<unknown>;
  /** Undoes what it has left. */
  leave?: (page: Page) => Promise<unknown>;
  /** Who is shown it; an administrator if nobody is named. */
  who?: 'visitor';
  /** Something lies above the page, which Escape closes. */
  isAbove?: 'menu' | 'window';
  /** Tab ends it, begins in what lies above the page without being a window, or goes into a frame, whose keys the page does not see. */
  isNotWalked?: true;
  /** It needs the models of the tests: one that answers at length, and one that says how much it can take in. */
  needsModels?: true;
  /** It is in the way of too much, or covered elsewhere: the short form leaves it out. */
  isLongOnly?: true;
}
