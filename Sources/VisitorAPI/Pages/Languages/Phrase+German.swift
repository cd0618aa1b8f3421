extension Phrase {
    static let german: [Phrase: String] = [
        .heading: "Sie stehen in der Schlange",
        .keepOpen: "Lassen Sie diese Seite offen. Sie kommen automatisch hinein, sobald Sie an der Reihe sind.",
        .place: "Ihr Platz in der Schlange",
        .ahead: "Personen vor Ihnen",
        .total: "Personen in der Schlange",
        .wait: "Geschätzte Wartezeit",
        .waitUnknown: "Noch nicht bekannt",
        .lessThanMinute: "Weniger als eine Minute",
        .progress: "Ihr Weg durch die Schlange",
        .minutes: "Min.",
        .hours: "Std.",
        .paused: "Im Moment wird niemand eingelassen. Ihr Platz bleibt erhalten.",
        .notSent: "Ihr Formular wurde nicht gesendet. Bitte senden Sie es noch einmal, wenn Sie an der Reihe sind.",
        .reloads: "Diese Seite lädt sich von selbst neu.",
        .leave: "Schlange verlassen",
        .leaveQuestion: "Schlange verlassen? Ihr Platz wird dann aufgegeben.",
        .enter: "Jetzt eintreten",
        .again: "Neu anstellen",
        .reference: "Referenz",
        .live: "Aktuell. Diese Seite geht von selbst weiter.",
        .reconnecting: "Verbindung wird wiederhergestellt\u{a0}… Ihr Platz bleibt erhalten.",
        .offline: "Sie sind offline. Ihr Platz bleibt erhalten.",
        .updated: "Letzter Stand",
        .turnHeading: "Sie sind an der Reihe",
        .turnText: "Sie werden jetzt eingelassen.",
        .expiredHeading: "Ihr Platz wird nicht mehr gehalten",
        .expiredText: "Diese Seite hat sich zu lange nicht gemeldet. Sie können sich neu anstellen.",
        .leftHeading: "Sie haben die Schlange verlassen",
        .leftText: "Ihr Platz wurde aufgegeben. Sie können sich neu anstellen.",
        .missedHeading: "Sie haben Ihren Einlass verpasst",
        .missedText: "Sie waren an der Reihe und kamen nicht. Wenn Sie sich jetzt neu anstellen, stehen Sie ganz vorn.",
        .receipt: "Quittung für Ihren Platz",
        .returned: "Sie haben Ihren Einlass verpasst und stehen wieder ganz vorn. Das geht einmal.",
        .handover: "Auf einem anderen Gerät fortfahren",
        .handoverText:
            "Scannen Sie auf dem anderen Gerät das Bild, oder öffnen Sie dort die Adresse unten und geben Sie "
            + "den Code ein. Ihr Platz wechselt dorthin, sobald Sie es bestätigen.",
        .handoverLife: "Der Code gilt fünf Minuten und nur einmal. Lassen Sie diese Seite so lange offen.",
        .moveHeading: "Auf diesem Gerät weiter anstehen?",
        .moveText:
            "Der Platz wechselt auf dieses Gerät. Das andere Gerät gibt ihn ab, und dieses einen eigenen Platz, "
            + "falls es einen hat.",
        .moveCode: "Einmalcode",
        .moveHere: "Hier fortfahren",
        .moveWrong: "Dieser Code ist nicht gültig. Vielleicht wurde er schon benutzt oder ist älter als fünf Minuten.",
        .movedHeading: "Ihr Platz ist auf ein anderes Gerät gewechselt",
        .movedText: "Dort geht es weiter. Auf diesem Gerät haben Sie keinen Platz mehr.",
        .opensIn: "Öffnet in",
        .drawNote: "Wer vor der Öffnung hier ist, hat die gleiche Chance: Die Reihenfolge wird dann ausgelost.",
        .drawSeal: "Siegel der Auslosung",
        .scheduledHeading: "Noch nicht geöffnet",
        .scheduledText: "Hier kann noch niemand warten. Diese Seite geht von selbst weiter.",
        .closedHeading: "Geschlossen",
        .closedText: "Es wird niemand mehr eingelassen. Wer drin ist, kann zu Ende kommen.",
        .fullHeading: "Die Schlange ist voll",
        .fullText:
            "Im Moment gibt es mehr Besucher als Plätze in der Schlange. Für Sie ist noch kein Platz reserviert.",
        .crowdedHeading: "Zu viele warten aus Ihrem Netz",
        .crowdedText:
            "Aus einem Netz kann nur eine bestimmte Zahl von Menschen gleichzeitig warten, und Sie haben "
            + "noch keinen Platz. Sobald jemand davon eingelassen wird oder geht, können Sie sich anstellen.",
        .maintenanceHeading: "Wegen Wartung geschlossen",
        .maintenanceText: "An der Website wird gearbeitet. Bitte kommen Sie etwas später wieder.",
        .unavailableHeading: "Anstellen ist gerade nicht möglich",
        .unavailableText: "Die Schlange kann im Moment niemanden aufnehmen. Wer schon ansteht, behält seinen Platz.",
        .retries: "Diese Seite versucht es von selbst erneut.",
        .tryAgain: "Erneut versuchen",
        .inviteOnlyHeading: "Nur auf Einladung",
        .inviteOnlyText: "Hier kommt herein, wer einen Pass hat. Bitte verwenden Sie den Link, den Sie erhalten haben.",
        .passRefusedHeading: "Dieser Pass ist nicht gültig",
        .passRefusedText:
            "Er ist aufgebraucht, abgelaufen oder wurde zurückgezogen. Bitte fragen Sie, wer ihn Ihnen gegeben hat.",
        .goOn: "Ohne Pass weiter",
        .badRequestHeading: "Diese Anfrage war nicht zu verstehen",
        .badRequestText: "Bitte gehen Sie zurück und versuchen Sie es noch einmal, oder geben Sie die Adresse neu ein.",
        .tooLargeHeading: "Diese Anfrage ist zu groß",
        .tooLargeText:
            "Bitte kürzen Sie die Adresse oder löschen Sie die Cookies dieser Website und versuchen Sie es "
            + "dann noch einmal.",
        .notFoundHeading: "Hier gibt es nichts",
        .notFoundText: "Bitte prüfen Sie die Adresse.",
        .timeoutHeading: "Die Anfrage hat zu lange gedauert",
        .timeoutText: "Bitte prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
        .originDownHeading: "Die Website antwortet nicht",
        .originDownText: "Wenn Sie schon eingelassen waren, bleiben Sie es. Bitte versuchen Sie es gleich noch einmal.",
        .originSlowHeading: "Die Website antwortet zu langsam",
        .originSlowText: "Wenn Sie schon eingelassen waren, bleiben Sie es. Bitte versuchen Sie es gleich noch einmal.",
        .busyHeading: "Gerade kommen sehr viele Besucher",
        .busyText: "Bitte versuchen Sie es gleich noch einmal.",
        .challengeHeading: "Einen Moment bitte",
        .challengeText:
            "Ihr Browser führt eine kurze Berechnung aus, damit Programme die Schlange nicht füllen können. "
            + "Sie müssen nichts tun.",
        .challengeWidgetText:
            "Bitte bestätigen Sie unten, dass Sie kein Programm sind, damit Programme die Schlange nicht "
            + "füllen können.",
        .challengeKept: "Ihr Platz bleibt erhalten.",
        .challengeProgress: "Ihr Browser wird geprüft",
        .challengeDone: "Fertig. Sie werden weitergeleitet.",
        .challengeFailed:
            "Die Prüfung ist nicht gelungen. Bitte erlauben Sie Cookies für diese Website und versuchen Sie "
            + "es noch einmal.",
        .challengeBlocked: "Die Prüfung konnte nicht geladen werden. Vielleicht verhindert es ein Inhaltsblocker.",
        .challengeScript:
            "Diese Prüfung braucht JavaScript. Bitte erlauben Sie es für diese Website und laden Sie die "
            + "Seite neu, oder verwenden Sie einen anderen Browser.",
    ]
}
