/** The SQL editor: one Monaco for all tabs. What it offers the rest of the page is in `EditorHandle`. */
import { useComputedColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { useEffect, useEffectEvent, useImperativeHandle, useRef, type Ref } from 'react';
import type { QueryState } from '../../engine/contract/index.ts';
import { modelOf } from './models.ts';
import { applyTheme, monaco } from './monaco.ts';
import { positionOf, splitStatements, statementAt, type Statement } from './statements.ts';
import styles from './query.module.css';

export interface EditorHandle {
  /** What "run" means now: the statements of the selection, else the one at the cursor. */
  toRun(): Statement[];
  all(): Statement[];
  insert(text: string): void;
  focus(): void;
}

interface EditorProps {
  readonly tabId: string;
  readonly running: boolean;
  readonly failed: { readonly statement: Statement; readonly problem: NonNullable<QueryState['problem']> } | null;
  readonly onRun: (statements: Statement[]) => void;
  readonly onCancel: () => void;
  readonly handle: Ref<EditorHandle>;
}

const options: monaco.editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  ariaLabel: 'SQL editor',
  contextmenu: false,
  cursorSmoothCaretAnimation: 'off',
  fixedOverflowWidgets: true,
  folding: false,
  fontFamily: "'JetBrains Mono Variable', monospace",
  fontLigatures: false,
  fontSize: 13,
  glyphMargin: false,
  lineDecorationsWidth: 12,
  lineHeight: 20,
  lineNumbersMinChars: 3,
  minimap: { enabled: false },
  occurrencesHighlight: 'off',
  overviewRulerBorder: false,
  overviewRulerLanes: 0,
  padding: { top: 8, bottom: 8 },
  quickSuggestions: { other: true, comments: false, strings: false },
  renderLineHighlight: 'line',
  scrollBeyondLastLine: false,
  scrollbar: { verticalScrollbarSize: 8, horizontalScrollbarSize: 8, useShadows: false },
  stickyScroll: { enabled: false },
  suggest: { showWords: false, showStatusBar: false, preview: false },
  tabSize: 2,
  unicodeHighlight: { ambiguousCharacters: false },
  wordBasedSuggestions: 'off',
  wordWrap: 'off',
};

/** A statement that was cut from a selection, moved to where it stands in the script. */
const shifted = (statement: Statement, by: number): Statement => ({
  ...statement,
  start: statement.start + by,
  end: statement.end + by,
  next: statement.next + by,
});

const chosen = (editor: monaco.editor.IStandaloneCodeEditor): Statement[] => {
  const [model, selection] = [editor.getModel(), editor.getSelection()];
  if (model === null || selection === null) return [];
  if (selection.isEmpty()) {
    const statement = statementAt(model.getValue(), model.getOffsetAt(selection.getPosition()));
    return statement === undefined ? [] : [statement];
  }
  const by = model.getOffsetAt(selection.getStartPosition());
  return splitStatements(model.getValueInRange(selection)).map((statement) => shifted(statement, by));
};

const insertText = (editor: monaco.editor.IStandaloneCodeEditor, text: string): void => {
  const selection = editor.getSelection();
  if (selection === null) return;
  editor.executeEdits('catalog', [{ range: selection, text, forceMoveMarkers: true }]);
  editor.pushUndoStop();
  editor.focus();
};

/** Underlines where the engine says that it went wrong; without a place, the whole statement's first line. */
const mark = (model: monaco.editor.ITextModel, failed: EditorProps['failed']): void => {
  if (failed === null) return monaco.editor.setModelMarkers(model, 'engine', []);
  const { statement, problem } = failed;
  const begin = positionOf(model.getValue(), Math.min(statement.start, model.getValueLength()));
  const line = Math.min(begin.line + (problem.line ?? 1) - 1, model.getLineCount());
  const column = (problem.column ?? 1) + ((problem.line ?? 1) === 1 ? begin.column - 1 : 0);
  const word = model.getWordAtPosition({ lineNumber: line, column });
  const end = word?.endColumn ?? (problem.column === undefined ? model.getLineMaxColumn(line) : column + 1);
  const severity = monaco.MarkerSeverity.Error;
  const place = {
    startLineNumber: line,
    startColumn: word?.startColumn ?? column,
    endLineNumber: line,
    endColumn: end,
  };
  monaco.editor.setModelMarkers(model, 'engine', [{ ...place, severity, message: problem.message }]);
};

interface Commands {
  readonly run: () => void;
  readonly runAll: () => void;
  readonly cancel: () => void;
}
const isMac = /mac/i.test(navigator.platform);

const addCommands = (editor: monaco.editor.IStandaloneCodeEditor, { run, runAll, cancel }: Commands): void => {
  const { KeyMod, KeyCode } = monaco;
  editor.addCommand(KeyMod.CtrlCmd | KeyCode.Enter, run);
  editor.addCommand(KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.Enter, runAll);
  editor.addCommand(KeyMod.CtrlCmd | KeyCode.KeyK, () => spotlight.open());
  editor.addCommand(KeyCode.Escape, cancel, 'queryRunning && !suggestWidgetVisible && !findWidgetVisible');
  if (isMac) editor.addCommand(KeyMod.CtrlCmd | KeyCode.Period, cancel);
};

export const Editor = ({ tabId, running, failed, onRun, onCancel, handle }: EditorProps) => {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor | null>(null);
  const runningKey = useRef<monaco.editor.IContextKey<boolean> | null>(null);
  const scheme = useComputedColorScheme('dark');

  const run = useEffectEvent(() => onRun(editor.current === null ? [] : chosen(editor.current)));
  const runAll = useEffectEvent(() => onRun(splitStatements(editor.current?.getModel()?.getValue() ?? '')));
  const cancel = useEffectEvent(() => onCancel());

  useEffect(() => {
    if (host.current === null) return undefined;
    const created = monaco.editor.create(host.current, { ...options, model: null });
    editor.current = created;
    runningKey.current = created.createContextKey<boolean>('queryRunning', false);
    addCommands(created, { run: () => run(), runAll: () => runAll(), cancel: () => cancel() });
    return () => {
      editor.current = null;
      created.dispose();
    };
  }, []);

  useEffect(() => applyTheme(scheme), [scheme]);

  useEffect(() => {
    const { current } = editor;
    if (current === null) return undefined;
    const kept = modelOf(tabId);
    current.setModel(kept.model);
    if (kept.view !== null) current.restoreViewState(kept.view);
    current.focus();
    return () => {
      if (!kept.model.isDisposed()) kept.view = current.saveViewState();
    };
  }, [tabId]);

  useEffect(() => runningKey.current?.set(running), [running]);
  useEffect(() => mark(modelOf(tabId).model, failed), [tabId, failed]);

  useImperativeHandle(handle, () => ({
    toRun: () => (editor.current === null ? [] : chosen(editor.current)),
    all: () => splitStatements(editor.current?.getModel()?.getValue() ?? ''),
    insert: (text) => {
      if (editor.current !== null) insertText(editor.current, text);
    },
    focus: () => editor.current?.focus(),
  }));

  return <div ref={host} className={styles['monaco']} />;
};
