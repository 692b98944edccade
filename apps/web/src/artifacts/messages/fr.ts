import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Page à côté de la discussion',
  'artifact.svg': 'Image à côté de la discussion',
  'artifact.frame': 'Aperçu de la page',
  'artifact.frameSvg': 'Aperçu de l’image',
  'artifact.preview': 'Aperçu',
  'artifact.source': 'Code source',
  'artifact.show': 'Ce qui est affiché',
  'artifact.save': 'Télécharger',
  'artifact.version': 'Version {place} sur {all}',
  'artifact.previous': 'Version précédente',
  'artifact.next': 'Version suivante',
  'artifact.refused':
    'Le contenu a voulu charger quelque chose ou aller ailleurs. Ce n’est pas autorisé ici\u202f: il est coupé de tout réseau.',
  'artifact.stopped': 'Le contenu n’a donné aucun signe de vie pendant dix secondes et a été arrêté.',
  'artifact.flooded': 'Le contenu a envoyé tant de messages que tout le reste en aurait été bloqué, et a été arrêté.',
  'artifact.notLoaded': 'L’aperçu n’a pas pu être chargé.',
  'artifact.tooLong': 'C’est trop long pour un aperçu.',
  'artifact.again': 'Relancer',
} satisfies Partial<Translation<typeof en>>;
