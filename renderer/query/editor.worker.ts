/** Monaco's worker, as a file of this origin. */
import 'monaco-editor/editor/editor.worker';
