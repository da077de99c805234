import { pythonText, type YamlValue } from '../load/yaml-value.ts';

/** The metrics of tables' and texts' classes, as the wire has them. */
const CLASSES = [
  'AUCWeighted',
  'Accuracy',
  'NormMacroRecall',
  'AveragePrecisionScoreWeighted',
  'PrecisionScoreWeighted',
];
const NUMBERS = ['NormalizedRootMeanSquaredError', 'SpearmanCorrelation', 'R2Score', 'NormalizedMeanAbsoluteError'];
const BOXES = ['MeanAveragePrecision'];

/**
 * The tasks: their names on the wire, the family that says what they hold, their metrics and which of them is sent where none is
 * named (recorded). Those of the last two are the service's own, and are not sent.
 */
export const AUTOML_TASKS = {
  classification: { wire: 'Classification', family: 'table', metrics: CLASSES, metric: 'AUCWeighted' },
  regression: { wire: 'Regression', family: 'table', metrics: NUMBERS, metric: 'NormalizedRootMeanSquaredError' },
  forecasting: { wire: 'Forecasting', family: 'table', metrics: NUMBERS, metric: 'NormalizedRootMeanSquaredError' },
  image_classification: { wire: 'ImageClassification', family: 'image', metrics: CLASSES, metric: 'Accuracy' },
  image_classification_multilabel: {
    wire: 'ImageClassificationMultilabel',
    family: 'image',
    metrics: [...CLASSES, 'IOU'],
    metric: 'IOU',
  },
  image_object_detection: {
    wire: 'ImageObjectDetection',
    family: 'image',
    metrics: BOXES,
    metric: 'MeanAveragePrecision',
  },
  image_instance_segmentation: {
    wire: 'ImageInstanceSegmentation',
    family: 'image',
    metrics: BOXES,
    metric: 'MeanAveragePrecision',
  },
  text_classification: { wire: 'TextClassification', family: 'text', metrics: CLASSES, metric: 'Accuracy' },
  text_classification_multilabel: {
    wire: 'TextClassificationMultilabel',
    family: 'text',
    metrics: ['Accuracy'],
    metric: undefined,
  },
  text_ner: { wire: 'TextNER', family: 'text', metrics: ['Accuracy'], metric: undefined },
} as const satisfies Record<
  string,
  {
    wire: string;
    family: 'table' | 'image' | 'text';
    metrics: readonly string[];
    metric: string | undefined;
  }
>;

export type AutomlTask = keyof typeof AUTOML_TASKS;

/** Words that are sent in a spelling of their own, by the key that has them (spec; learned models of every task in one list). */
export const WIRE_WORDS = {
  log_verbosity: ['NotSet', 'Debug', 'Info', 'Warning', 'Error', 'Critical'],
  training_mode: ['Auto', 'Distributed', 'NonDistributed'],
  blocked_transformers: [
    'TextTargetEncoder',
    'OneHotEncoder',
    'CatTargetEncoder',
    'TfIdf',
    'WoETargetEncoder',
    'LabelEncoder',
    'WordEmbedding',
    'NaiveBayes',
    'CountVectorizer',
    'HashOneHotEncoder',
  ],
  stack_meta_learner_type: [
    'None',
    'LogisticRegression',
    'LogisticRegressionCV',
    'LightGBMClassifier',
    'ElasticNet',
    'ElasticNetCV',
    'LightGBMRegressor',
    'LinearRegression',
  ],
  training_algorithms: [
    'LogisticRegression',
    'SGD',
    'MultinomialNaiveBayes',
    'BernoulliNaiveBayes',
    'SVM',
    'LinearSVM',
    'KNN',
    'DecisionTree',
    'RandomForest',
    'ExtremeRandomTrees',
    'LightGBM',
    'GradientBoosting',
    'XGBoostClassifier',
    'XGBoostRegressor',
    'ElasticNet',
    'LassoLars',
    'AutoArima',
    'Prophet',
    'Naive',
    'SeasonalNaive',
    'Average',
    'SeasonalAverage',
    'ExponentialSmoothing',
    'Arimax',
    'TCNForecaster',
  ],
  learning_rate_scheduler: [
    'None',
    'WarmupCosine',
    'Step',
    'Linear',
    'Cosine',
    'CosineWithRestarts',
    'Polynomial',
    'Constant',
    'ConstantWithWarmup',
  ],
  optimizer: ['None', 'Sgd', 'Adam', 'Adamw'],
  model_size: ['None', 'Small', 'Medium', 'Large', 'ExtraLarge'],
  validation_metric_type: ['None', 'Coco', 'Voc', 'CocoVoc'],
  transformer_params: ['Imputer', 'TfIdf', 'HashOneHotEncoder'],
} as const;

/** A word in the wire's spelling, however its file spells it. A word that is not known stays. */
export function wireWord(words: readonly string[], value: YamlValue): YamlValue {
  const plain = (one: string) => one.replace(/[_\s-]/g, '').toLowerCase();
  return words.find((one) => plain(one) === plain(pythonText(value))) ?? value;
}

/** A word of the wire in a file's spelling: `AUCWeighted` is `auc_weighted` (recorded). */
export const yamlWord = (wire: string): string =>
  wire
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
