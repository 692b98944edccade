import { Store } from '../../state/store';
import { type Place, type Reading, Readings } from './readings';
import { RowHeights } from './row-heights';
import { Warmth } from './warmth';

/** A reader who scrolls to within this distance of the end, in pixels, follows it again. */
const AT_END = 24;
/** Less text than this below the view needs no button that leads to it, and that button would cover what is there; in pixels. */
const WORTH_A_WAY = 96;
/** Between the top of the view and the question that was just sent, in pixels. */
const ABOVE_QUESTION = 16;
/** Keys that scroll away from the end. */
const BACK_KEYS = new Set(['PageUp', 'Home', 'ArrowUp']);
/** Layout scrolls too: only what comes this soon after a gesture is the reader's, in milliseconds. */
const GESTURE_MS = 1_000;

/**
 * Where in a chat the reader is. A question that was just sent goes to the top and the page holds still below it, however long the answer grows.
 * Only gestures of the reader change that: one to the end follows it, one backwards leaves it. Distances that change because text grows
 * decide nothing.
 */
export class Reader {
  /** There is text below the view, and the reader does not follow it. */
  readonly below = new Store(false);
  readonly warmth = new Warmth();
  private readonly heights = new RowHeights(() => this.readingOf(this.chatId));
  private readonly readings = new Readings(sessionStorage);
  private readonly observer = new ResizeObserver(() => this.afterLayout());
  private view: HTMLElement | undefined;
  private list: HTMLElement | undefined;
  private chatId: string | undefined;
  private following = true;
  private gestureAt = -Infinity;
  /** The answer that is held below its question. */
  private answerId: string | undefined;
  /** Its question is not at the top yet. */
  private isNew = false;
  /** The place to go back to: until the reader moves, because messages get their heights when they are seen. */
  private place: Place | undefined;

  /** A chat is shown. The one that a first message made is the same as before. */
  open(chatId: string | undefined): void {
    if (chatId === this.chatId) return;
    this.keep();
    const isBegun = this.chatId === undefined && this.answer() !== undefined;
    this.chatId = chatId;
    if (isBegun && chatId !== undefined) return this.readings.begin(chatId);
    this.answerId = undefined;
    this.view?.removeAttribute('data-turn');
    this.place = this.readingOf(this.chatId).place;
    this.following = this.place === undefined;
    this.afterLayout();
  }

  /** What is known of a chat, shown or not. */
  readingOf(chatId: string | undefined): Reading {
    return this.readings.of(chatId ?? '');
  }

  /**
   * The reader has asked something: the question before this answer goes to the top as soon as it is there.
   *
   * @param follow the page goes on with the text instead
   */
  asked(answerId: string, follow = false): void {
    this.answerId = follow ? undefined : answerId;
    if (follow) this.view?.removeAttribute('data-turn');
    this.isNew = true;
    this.following = follow;
    this.place = undefined;
    this.gestureAt = -Infinity;
  }

  /** Goes to a message; one that is not there yet is gone to when it is. */
  goTo(message: string): void {
    this.answerId = undefined;
    this.view?.removeAttribute('data-turn');
    this.following = false;
    this.place = { message, above: -ABOVE_QUESTION };
    this.readingOf(this.chatId).place = this.place;
    this.afterLayout();
  }

  /** Goes to the next question, or to the one before. */
  step(by: 1 | -1): void {
    const { view, list } = this;
    if (!view || !list) return;
    const tops = [...list.querySelectorAll<HTMLElement>('.message-user')].map((row) => ({
      row,
      top: topIn(view, row),
    }));
    const at = view.scrollTop + ABOVE_QUESTION;
    const next = by === 1 ? tops.find(({ top }) => top > at + 1) : tops.findLast(({ top }) => top < at - 1);
    const message = next?.row.dataset['message'];
    if (message !== undefined) this.goTo(message);
  }

  /** Goes to the end and follows it. */
  readonly toEnd = (): void => {
    this.place = undefined;
    this.following = true;
    this.afterLayout();
  };

  /** Takes the element that scrolls; for a `ref`. */
  readonly takeView = (view: HTMLElement | null): (() => void) | undefined => {
    if (!view) return;
    this.view = view;
    this.observer.observe(view);
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    view.addEventListener('wheel', this.onWheel, options);
    view.addEventListener('keydown', this.onKey, options);
    view.addEventListener('touchmove', this.onTouch, options);
    view.addEventListener('focusin', this.onFocus, options);
    // Of the scrollbar, and of text that is being selected.
    view.addEventListener('pointerdown', this.onGesture, options);
    view.addEventListener('scroll', this.onScroll, options);
    addEventListener('pagehide', this.keep, options);
    const leave = this.warmth.takeView(view);
    return () => {
      listening.abort();
      leave();
      this.keep();
      this.observer.unobserve(view);
      this.view = undefined;
      this.below.set(false);
    };
  };

  /** Takes the list that grows in it; for a `ref`. */
  readonly takeList = (list: HTMLElement | null): (() => void) | undefined => {
    if (!list) return;
    this.list = list;
    this.observer.observe(list);
    return () => {
      this.observer.unobserve(list);
      this.list = undefined;
    };
  };

  /** Takes the row of a message; for a `ref`. */
  takeRow(row: HTMLElement | null, warm: Store<boolean>): (() => void) | undefined {
    if (!row) return;
    const leave = [this.warmth.takeRow(row, warm), ...('cold' in row.dataset ? [] : [this.heights.takeRow(row)])];
    return () => leave.forEach((one) => one());
  }

  private readonly keep = (): void => this.readings.keep(this.chatId ?? '');

  private readonly onGesture = (): void => {
    this.gestureAt = performance.now();
    this.place = undefined;
  };

  private readonly onWheel = ({ deltaY }: WheelEvent): void => {
    this.onGesture();
    if (deltaY < 0) this.following = false;
  };

  private readonly onKey = ({ key }: KeyboardEvent): void => {
    this.onGesture();
    if (BACK_KEYS.has(key)) this.following = false;
    if (key === 'End') this.following = true;
  };

  private readonly onTouch = (): void => {
    this.onGesture();
    this.following = false;
  };

  /** What is edited, or reached by Tab, must not be moved out of view. */
  private readonly onFocus = (): void => {
    if (this.isFocusWithin()) this.following = false;
  };

  private readonly onScroll = (): void => {
    if (performance.now() - this.gestureAt < GESTURE_MS)
      this.following = this.left() <= AT_END && !this.isFocusWithin();
    this.look();
    if (!this.view) return;
    const place = this.following ? undefined : (this.place ?? this.placeNow(this.view));
    if (place) this.readingOf(this.chatId).place = place;
    else delete this.readingOf(this.chatId).place;
  };

  /** The only place that scrolls: the browser has laid out what came. */
  private afterLayout(): void {
    const { view } = this;
    if (!view) return;
    this.holdTurn(view);
    const row = this.place && this.rowOf(this.place.message);
    if (this.place && row) view.scrollTop = topIn(view, row) + this.place.above;
    if (this.following) view.scrollTop = view.scrollHeight;
    this.look();
  }

  /** Keeps room for the answer, so that its question can be at the top and nothing moves while it grows. */
  private holdTurn(view: HTMLElement): void {
    const answer = this.answer();
    const question = answer && this.before(answer);
    if (!answer || !question) return;
    const { paddingBlockEnd } = getComputedStyle(view);
    const room =
      view.clientHeight - ABOVE_QUESTION - parseFloat(paddingBlockEnd) - (topIn(view, answer) - topIn(view, question));
    view.style.setProperty('--turn-room', `${Math.max(0, Math.ceil(room))}px`);
    view.dataset.turn = '';
    if (!this.isNew) return;
    this.isNew = false;
    view.scrollTop = topIn(view, question) - ABOVE_QUESTION;
  }

  private answer(): HTMLElement | undefined {
    const last = this.list?.lastElementChild?.lastElementChild;
    return last instanceof HTMLElement && last.dataset['message'] === this.answerId ? last : undefined;
  }

  /** The row before one, which may be the last one of the group before. */
  private before(row: HTMLElement): HTMLElement | undefined {
    const before = row.previousElementSibling ?? row.parentElement?.previousElementSibling?.lastElementChild;
    return before instanceof HTMLElement ? before : undefined;
  }

  private isFocusWithin(): boolean {
    return this.list?.contains(document.activeElement) ?? false;
  }

  /** Only the group in view is looked into: the others may have no layout. */
  private placeNow(view: HTMLElement): Place | undefined {
    const group = lastAbove(view, this.list);
    const row = lastAbove(view, group);
    const message = row?.dataset['message'];
    return row && message ? { message, above: view.scrollTop - topIn(view, row) } : undefined;
  }

  private rowOf(message: string): HTMLElement | undefined {
    return this.list?.querySelector<HTMLElement>(`[data-message="${CSS.escape(message)}"]`) ?? undefined;
  }

  private look(): void {
    this.below.set(this.view !== undefined && !this.following && this.left() > WORTH_A_WAY);
  }

  /** Distance to the end. */
  private left(): number {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = this.view ?? {};
    return scrollHeight - scrollTop - clientHeight;
  }
}

/** Where an element begins in what scrolls, in pixels. */
function topIn(view: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - view.getBoundingClientRect().top + view.scrollTop;
}

/** The last child that begins above the top of the view; the first one if none does. */
function lastAbove(view: HTMLElement, parent: HTMLElement | undefined): HTMLElement | undefined {
  const children = [...(parent?.children ?? [])] as HTMLElement[];
  return children.findLast((child) => topIn(view, child) <= view.scrollTop) ?? children[0];
}
