import * as vscode from "vscode";

import { setLanguage } from "../core/language.ts";

// Evaluated before all other modules, so that their constants may hold messages.
setLanguage(vscode.env.language, vscode.l10n.bundle);
