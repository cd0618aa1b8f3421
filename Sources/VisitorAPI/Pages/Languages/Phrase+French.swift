extension Phrase {
    static let french: [Phrase: String] = [
        .heading: "Vous êtes dans la file d’attente",
        .keepOpen: "Gardez cette page ouverte. Vous entrerez automatiquement quand ce sera votre tour.",
        .place: "Votre place dans la file",
        .ahead: "Personnes devant vous",
        .total: "Personnes dans la file",
        .wait: "Attente estimée",
        .waitUnknown: "Pas encore connue",
        .lessThanMinute: "Moins d’une minute",
        .progress: "Votre progression dans la file",
        .minutes: "min",
        .hours: "h",
        .paused: "Personne n’est admis pour le moment. Votre place est conservée.",
        .notSent: "Votre formulaire n’a pas été envoyé. Quand ce sera votre tour, veuillez l’envoyer de nouveau.",
        .reloads: "Cette page se recharge d’elle-même.",
        .leave: "Quitter la file",
        .leaveQuestion: "Quitter la file\u{a0}? Votre place sera perdue.",
        .enter: "Entrer maintenant",
        .again: "Rejoindre à nouveau",
        .reference: "Référence",
        .live: "À jour. Cette page avance d’elle-même.",
        .reconnecting: "Reconnexion\u{a0}… Votre place est conservée.",
        .offline: "Vous êtes hors ligne. Votre place est conservée.",
        .updated: "Dernière mise à jour",
        .turnHeading: "C’est votre tour",
        .turnText: "Vous allez entrer.",
        .expiredHeading: "Votre place n’est plus réservée",
        .expiredText: "Cette page est restée silencieuse trop longtemps. Vous pouvez rejoindre la file à nouveau.",
        .leftHeading: "Vous avez quitté la file",
        .leftText: "Votre place a été libérée. Vous pouvez rejoindre la file à nouveau.",
        .missedHeading: "Vous avez manqué votre tour",
        .missedText:
            "Votre tour était venu et vous n’êtes pas entré. En rejoignant la file maintenant, vous serez en tête.",
        .receipt: "Reçu de votre place",
        .returned: "Vous avez manqué votre tour et vous êtes de nouveau en tête. C’est possible une fois.",
        .handover: "Continuer sur un autre appareil",
        .handoverText:
            "Sur l’autre appareil, scannez l’image, ou ouvrez l’adresse ci-dessous et saisissez le code. Votre "
            + "place y passe dès que vous confirmez.",
        .handoverLife: "Le code est valable cinq minutes et une seule fois. Gardez cette page ouverte jusque-là.",
        .moveHeading: "Continuer la file sur cet appareil ?",
        .moveText:
            "La place passe sur cet appareil. L’autre appareil la cède, et celui-ci cède sa propre place s’il "
            + "en a une.",
        .moveCode: "Code à usage unique",
        .moveHere: "Continuer ici",
        .moveWrong: "Ce code n’est pas valable. Il a peut-être déjà servi ou date de plus de cinq minutes.",
        .movedHeading: "Votre place est passée sur un autre appareil",
        .movedText: "La suite se passe là-bas. Cet appareil n’a plus de place.",
        .opensIn: "Ouverture dans",
        .drawNote:
            "Toutes les personnes présentes avant l’ouverture ont la même chance : l’ordre est tiré au sort à ce moment-là.",
        .drawSeal: "Sceau du tirage",
        .scheduledHeading: "Pas encore ouvert",
        .scheduledText: "Il n’est pas encore possible d’attendre ici. Cette page continue d’elle-même.",
        .closedHeading: "Fermé",
        .closedText: "Plus personne n’est admis. Les personnes déjà entrées peuvent terminer.",
        .fullHeading: "La file est complète",
        .fullText:
            "Il y a en ce moment plus de visiteurs que de places dans la file. Aucune place ne vous est "
            + "encore réservée.",
        .crowdedHeading: "Trop de personnes attendent depuis votre réseau",
        .crowdedText:
            "Seul un certain nombre de personnes peut attendre en même temps depuis un même réseau, et vous "
            + "n’avez pas encore de place. Dès que l’une d’elles entre ou s’en va, vous pourrez rejoindre la "
            + "file.",
        .maintenanceHeading: "Fermé pour maintenance",
        .maintenanceText: "Le site est en cours de maintenance. Merci de revenir un peu plus tard.",
        .unavailableHeading: "Impossible de rejoindre la file pour l’instant",
        .unavailableText:
            "La file ne peut pas accueillir de nouveaux visiteurs pour le moment. Ceux qui attendent déjà "
            + "gardent leur place.",
        .retries: "Cette page réessaie d’elle-même.",
        .tryAgain: "Réessayer",
        .inviteOnlyHeading: "Sur invitation uniquement",
        .inviteOnlyText:
            "L’accès est réservé aux personnes munies d’un laissez-passer. "
            + "Veuillez utiliser le lien qui vous a été envoyé.",
        .passRefusedHeading: "Ce laissez-passer n’est pas valable",
        .passRefusedText:
            "Il est épuisé, expiré ou a été retiré. Veuillez vous adresser à la personne qui vous l’a remis.",
        .goOn: "Continuer sans lui",
        .badRequestHeading: "Cette demande n’a pas pu être comprise",
        .badRequestText: "Revenez en arrière et réessayez, ou saisissez de nouveau l’adresse.",
        .tooLargeHeading: "Cette demande est trop volumineuse",
        .tooLargeText: "Raccourcissez l’adresse ou supprimez les cookies de ce site, puis réessayez.",
        .notFoundHeading: "Il n’y a rien ici",
        .notFoundText: "Veuillez vérifier l’adresse.",
        .timeoutHeading: "La demande a pris trop de temps",
        .timeoutText: "Vérifiez votre connexion et réessayez.",
        .originDownHeading: "Le site ne répond pas",
        .originDownText: "Si vous étiez déjà entré, votre accès est conservé. Réessayez dans un instant.",
        .originSlowHeading: "Le site met trop de temps à répondre",
        .originSlowText: "Si vous étiez déjà entré, votre accès est conservé. Réessayez dans un instant.",
        .busyHeading: "Beaucoup de visiteurs en ce moment",
        .busyText: "Réessayez dans un instant.",
        .challengeHeading: "Un instant, s’il vous plaît",
        .challengeText:
            "Votre navigateur effectue un court calcul, afin que des programmes ne puissent pas remplir la "
            + "file. Vous n’avez rien à faire.",
        .challengeWidgetText:
            "Veuillez confirmer ci-dessous que vous n’êtes pas un programme, afin que des programmes ne "
            + "puissent pas remplir la file.",
        .challengeKept: "Votre place est conservée.",
        .challengeProgress: "Vérification de votre navigateur",
        .challengeDone: "Terminé. Vous êtes redirigé vers votre page.",
        .challengeFailed: "La vérification n’a pas abouti. Veuillez autoriser les cookies de ce site et réessayer.",
        .challengeBlocked: "La vérification n’a pas pu être chargée. Un bloqueur de contenu l’empêche peut-être.",
        .challengeScript:
            "Cette vérification nécessite JavaScript. Veuillez l’autoriser pour ce site et recharger la "
            + "page, ou utiliser un autre navigateur.",
    ]
}
