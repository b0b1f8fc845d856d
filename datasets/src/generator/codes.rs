//! The codes that synthetic patients carry, as real exports do: SNOMED CT with ICD-10-CM beside it
//! on some conditions, LOINC, RxNorm products or ingredients, and CVX.

use crate::fhir::systems::{CVX, ICD10CM, LOINC, RXNORM, SNOMED};

/// A code with its display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) system: &'static str,
    pub(super) code: &'static str,
    pub(super) display: &'static str,
}

const fn code(system: &'static str, code: &'static str, display: &'static str) -> Code {
    Code {
        system,
        code,
        display,
    }
}

/// A condition: SNOMED CT, and the ICD-10-CM code that some sites write beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disease(pub(super) Code, pub(super) Code);

const fn disease(snomed: &'static str, icd: &'static str, display: &'static str) -> Disease {
    Disease(code(SNOMED, snomed, display), code(ICD10CM, icd, display))
}

pub(super) const HYPERTENSION: Disease = disease("59621000", "I10", "Essential hypertension");
/// The code that older exports use for the same.
pub(super) const HYPERTENSION_OLD: Disease = disease("38341003", "I10", "Hypertension");
pub(super) const PREDIABETES: Disease = disease("15777000", "R73.03", "Prediabetes");
pub(super) const TYPE_2_DIABETES: Disease =
    disease("44054006", "E11.9", "Diabetes mellitus type 2");
pub(super) const TYPE_1_DIABETES: Disease =
    disease("46635009", "E10.9", "Diabetes mellitus type 1");
pub(super) const HYPERLIPIDEMIA: Disease = disease("55822004", "E78.5", "Hyperlipidemia");
pub(super) const OBESITY: Disease = disease("162864005", "E66.9", "Body mass index 30+ - obesity");
pub(super) const MYOCARDIAL_INFARCTION: Disease =
    disease("22298006", "I21.9", "Myocardial infarction");
pub(super) const STROKE: Disease = disease("230690007", "I63.9", "Cerebrovascular accident");
pub(super) const HEART_FAILURE: Disease =
    disease("88805009", "I50.9", "Chronic congestive heart failure");
pub(super) const ATRIAL_FIBRILLATION: Disease =
    disease("49436004", "I48.91", "Atrial fibrillation");
pub(super) const KIDNEY_STAGE_3: Disease =
    disease("433144002", "N18.30", "Chronic kidney disease stage 3");
pub(super) const KIDNEY_STAGE_4: Disease =
    disease("431857002", "N18.4", "Chronic kidney disease stage 4");
pub(super) const KIDNEY_STAGE_5: Disease =
    disease("433146000", "N18.5", "Chronic kidney disease stage 5");
pub(super) const PREGNANCY: Disease = disease("72892002", "Z33.1", "Normal pregnancy");
pub(super) const MISCARRIAGE: Disease =
    disease("19169002", "O03.9", "Miscarriage in first trimester");
pub(super) const ASTHMA: Disease = disease("195967001", "J45.909", "Asthma");
pub(super) const COPD: Disease = disease("13645005", "J44.9", "Chronic obstructive lung disease");
pub(super) const DEPRESSION: Disease = disease("370143000", "F32.9", "Major depressive disorder");
pub(super) const OSTEOPOROSIS: Disease = disease("64859006", "M81.0", "Osteoporosis");
pub(super) const BREAST_CANCER: Disease =
    disease("254837009", "C50.919", "Malignant neoplasm of breast");
pub(super) const LUNG_CANCER: Disease =
    disease("254637007", "C34.90", "Non-small cell lung cancer");
pub(super) const COLON_CANCER: Disease = disease("363406005", "C18.9", "Malignant tumor of colon");
pub(super) const PROSTATE_CANCER: Disease =
    disease("399068003", "C61", "Malignant tumor of prostate");
pub(super) const SINUSITIS: Disease = disease("444814009", "J01.90", "Viral sinusitis");
pub(super) const BRONCHITIS: Disease = disease("10509002", "J20.9", "Acute bronchitis");
pub(super) const SPRAIN: Disease = disease("44465007", "S93.409A", "Sprain of ankle");

/// Diagnoses that are only suspected, or turn out wrong.
pub(super) const SUSPECTED: [Disease; 4] = [
    TYPE_2_DIABETES,
    LUNG_CANCER,
    MYOCARDIAL_INFARCTION,
    HEART_FAILURE,
];
/// Short illnesses of no further consequence.
pub(super) const MINOR: [Disease; 3] = [SINUSITIS, BRONCHITIS, SPRAIN];

pub(super) const ALLERGIES: [Code; 8] = [
    code(SNOMED, "91936005", "Allergy to penicillin"),
    code(SNOMED, "419474003", "Allergy to mould"),
    code(SNOMED, "232347008", "Dander (animal) allergy"),
    code(SNOMED, "418689008", "Allergy to grass pollen"),
    code(SNOMED, "91935009", "Allergy to peanuts"),
    code(SNOMED, "300913006", "Shellfish allergy"),
    code(SNOMED, "300916003", "Latex allergy"),
    code(RXNORM, "1191", "Aspirin"),
];

/// A medicine: the product that systems prescribe, and its ingredient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Medicine {
    /// Sometimes only the ingredient is coded.
    pub(super) product: Option<Code>,
    pub(super) ingredient: Code,
}

const fn medicine(
    product: &'static str,
    name: &'static str,
    ingredient: &'static str,
    of: &'static str,
) -> Medicine {
    Medicine {
        product: Some(code(RXNORM, product, name)),
        ingredient: code(RXNORM, ingredient, of),
    }
}

const fn ingredient(rxcui: &'static str, of: &'static str) -> Medicine {
    Medicine {
        product: None,
        ingredient: code(RXNORM, rxcui, of),
    }
}

pub(super) const METFORMIN: [Medicine; 2] = [
    medicine(
        "860975",
        "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet",
        "6809",
        "metformin",
    ),
    medicine(
        "861007",
        "metformin hydrochloride 500 MG Oral Tablet",
        "6809",
        "metformin",
    ),
];
pub(super) const INSULIN: [Medicine; 2] = [
    medicine(
        "311041",
        "insulin glargine 100 UNT/ML Injectable Solution",
        "274783",
        "insulin glargine",
    ),
    medicine(
        "106892",
        "insulin isophane, human 70 UNT/ML / insulin, regular, human 30 UNT/ML Injectable Suspension [Humulin]",
        "5856",
        "insulin",
    ),
];
pub(super) const SGLT2_INHIBITORS: [Medicine; 3] = [
    ingredient("1545653", "empagliflozin"),
    ingredient("1488564", "dapagliflozin"),
    medicine(
        "1373463",
        "canagliflozin 100 MG Oral Tablet",
        "1373458",
        "canagliflozin",
    ),
];
pub(super) const GLP1_AGONISTS: [Medicine; 3] = [
    medicine(
        "897122",
        "3 ML liraglutide 6 MG/ML Pen Injector",
        "475968",
        "liraglutide",
    ),
    ingredient("1991302", "semaglutide"),
    ingredient("1551291", "dulaglutide"),
];
pub(super) const ACE_INHIBITORS: [Medicine; 2] = [
    medicine(
        "314076",
        "lisinopril 10 MG Oral Tablet",
        "29046",
        "lisinopril",
    ),
    medicine("833036", "captopril 25 MG Oral Tablet", "1998", "captopril"),
];
pub(super) const ANGIOTENSIN_BLOCKERS: [Medicine; 2] = [
    medicine(
        "979492",
        "losartan potassium 50 MG Oral Tablet",
        "52175",
        "losartan",
    ),
    ingredient("69749", "valsartan"),
];
pub(super) const STATINS: [Medicine; 4] = [
    medicine(
        "312961",
        "simvastatin 20 MG Oral Tablet",
        "36567",
        "simvastatin",
    ),
    medicine(
        "314231",
        "simvastatin 10 MG Oral Tablet",
        "36567",
        "simvastatin",
    ),
    medicine(
        "617310",
        "atorvastatin 20 MG Oral Tablet",
        "83367",
        "atorvastatin",
    ),
    medicine(
        "259255",
        "atorvastatin 80 MG Oral Tablet",
        "83367",
        "atorvastatin",
    ),
];
pub(super) const BETA_BLOCKERS: [Medicine; 2] = [
    medicine(
        "866412",
        "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet",
        "6918",
        "metoprolol",
    ),
    medicine(
        "200033",
        "carvedilol 25 MG Oral Tablet",
        "20352",
        "carvedilol",
    ),
];
pub(super) const ANTICOAGULANTS: [Medicine; 3] = [
    medicine(
        "855332",
        "warfarin sodium 5 MG Oral Tablet",
        "11289",
        "warfarin",
    ),
    medicine(
        "1364445",
        "apixaban 5 MG Oral Tablet",
        "1364430",
        "apixaban",
    ),
    ingredient("1114195", "rivaroxaban"),
];
pub(super) const DIURETICS: [Medicine; 2] = [
    medicine(
        "310798",
        "hydrochlorothiazide 25 MG Oral Tablet",
        "5487",
        "hydrochlorothiazide",
    ),
    medicine(
        "313988",
        "furosemide 40 MG Oral Tablet",
        "4603",
        "furosemide",
    ),
];
pub(super) const CALCIUM_BLOCKERS: [Medicine; 1] = [medicine(
    "197361",
    "amlodipine 5 MG Oral Tablet",
    "17767",
    "amlodipine",
)];
pub(super) const ANTIPLATELETS: [Medicine; 2] = [
    medicine("243670", "aspirin 81 MG Oral Tablet", "1191", "aspirin"),
    medicine(
        "309362",
        "clopidogrel 75 MG Oral Tablet",
        "32968",
        "clopidogrel",
    ),
];
pub(super) const BRONCHODILATORS: [Medicine; 1] = [medicine(
    "745679",
    "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler",
    "435",
    "albuterol",
)];
pub(super) const INHALED_STEROIDS: [Medicine; 2] = [
    medicine(
        "895994",
        "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler",
        "41126",
        "fluticasone",
    ),
    medicine(
        "896209",
        "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler",
        "41126",
        "fluticasone",
    ),
];
pub(super) const ANTIDEPRESSANTS: [Medicine; 2] = [
    medicine(
        "312941",
        "sertraline 50 MG Oral Tablet",
        "36437",
        "sertraline",
    ),
    medicine(
        "310385",
        "fluoxetine 20 MG Oral Capsule",
        "4493",
        "fluoxetine",
    ),
];
pub(super) const BISPHOSPHONATES: [Medicine; 1] = [medicine(
    "904419",
    "alendronic acid 10 MG Oral Tablet",
    "46041",
    "alendronic acid",
)];
pub(super) const TAMOXIFEN: [Medicine; 1] = [medicine(
    "313195",
    "tamoxifen 20 MG Oral Tablet",
    "10324",
    "tamoxifen",
)];
pub(super) const CHEMOTHERAPY: [Medicine; 2] = [
    medicine(
        "583214",
        "paclitaxel 100 MG Injection",
        "56946",
        "paclitaxel",
    ),
    medicine("1736854", "cisplatin 50 MG Injection", "2555", "cisplatin"),
];
pub(super) const PAIN_RELIEF: [Medicine; 2] = [
    medicine(
        "310965",
        "ibuprofen 200 MG Oral Tablet",
        "5640",
        "ibuprofen",
    ),
    medicine(
        "313782",
        "acetaminophen 325 MG Oral Tablet",
        "161",
        "acetaminophen",
    ),
];

pub(super) const HEIGHT: Code = code(LOINC, "8302-2", "Body height");
pub(super) const WEIGHT: Code = code(LOINC, "29463-7", "Body weight");
pub(super) const BMI: Code = code(LOINC, "39156-5", "Body mass index (BMI) [Ratio]");
pub(super) const BLOOD_PRESSURE: Code = code(
    LOINC,
    "85354-9",
    "Blood pressure panel with all children optional",
);
pub(super) const BLOOD_PRESSURE_OLD: Code =
    code(LOINC, "55284-4", "Blood pressure systolic and diastolic");
pub(super) const SYSTOLIC: Code = code(LOINC, "8480-6", "Systolic blood pressure");
pub(super) const DIASTOLIC: Code = code(LOINC, "8462-4", "Diastolic blood pressure");
pub(super) const HEART_RATE: Code = code(LOINC, "8867-4", "Heart rate");
pub(super) const SMOKING: Code = code(LOINC, "72166-2", "Tobacco smoking status");
pub(super) const HBA1C: Code = code(LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood");
pub(super) const HBA1C_IFCC: Code = code(
    LOINC,
    "59261-8",
    "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol",
);
pub(super) const GLUCOSE: Code = code(LOINC, "2339-0", "Glucose [Mass/volume] in Blood");
pub(super) const GLUCOSE_SI: Code = code(LOINC, "15074-8", "Glucose [Moles/volume] in Blood");
pub(super) const CHOLESTEROL: Code = code(
    LOINC,
    "2093-3",
    "Cholesterol [Mass/volume] in Serum or Plasma",
);
pub(super) const CHOLESTEROL_SI: Code = code(
    LOINC,
    "14647-2",
    "Cholesterol [Moles/volume] in Serum or Plasma",
);
pub(super) const LDL: Code = code(
    LOINC,
    "18262-6",
    "Cholesterol in LDL [Mass/volume] in Serum or Plasma by Direct assay",
);
pub(super) const LDL_SI: Code = code(
    LOINC,
    "22748-8",
    "Cholesterol in LDL [Moles/volume] in Serum or Plasma",
);
pub(super) const HDL: Code = code(
    LOINC,
    "2085-9",
    "Cholesterol in HDL [Mass/volume] in Serum or Plasma",
);
pub(super) const HDL_SI: Code = code(
    LOINC,
    "14646-4",
    "Cholesterol in HDL [Moles/volume] in Serum or Plasma",
);
pub(super) const TRIGLYCERIDES: Code = code(
    LOINC,
    "2571-8",
    "Triglyceride [Mass/volume] in Serum or Plasma",
);
pub(super) const TRIGLYCERIDES_SI: Code = code(
    LOINC,
    "14927-8",
    "Triglyceride [Moles/volume] in Serum or Plasma",
);
pub(super) const CREATININE: Code = code(
    LOINC,
    "2160-0",
    "Creatinine [Mass/volume] in Serum or Plasma",
);
pub(super) const CREATININE_SI: Code = code(
    LOINC,
    "14682-9",
    "Creatinine [Moles/volume] in Serum or Plasma",
);
pub(super) const EGFR: Code = code(
    LOINC,
    "33914-3",
    "Glomerular filtration rate/1.73 sq M.predicted",
);
pub(super) const ALBUMIN_RATIO: Code = code(
    LOINC,
    "14959-1",
    "Microalbumin/Creatinine [Mass Ratio] in Urine",
);
pub(super) const POTASSIUM: Code = code(LOINC, "6298-4", "Potassium [Moles/volume] in Blood");
pub(super) const EJECTION_FRACTION: Code =
    code(LOINC, "10230-1", "Left ventricular Ejection fraction");
pub(super) const NT_PRO_BNP: Code = code(LOINC, "33762-6", "NT-proBNP");
pub(super) const PHQ9: Code = code(
    LOINC,
    "44261-6",
    "Patient Health Questionnaire 9 item (PHQ-9) total score",
);
pub(super) const FEV1: Code = code(LOINC, "20150-9", "FEV1");
pub(super) const FEV1_FVC: Code = code(LOINC, "19926-5", "FEV1/FVC");
pub(super) const T_SCORE: Code = code(
    LOINC,
    "38265-5",
    "DXA Radius and Ulna [T-score] Bone density",
);
pub(super) const PSA: Code = code(
    LOINC,
    "2857-1",
    "Prostate specific Ag [Mass/volume] in Serum or Plasma",
);

pub(super) const NEVER_SMOKER: Code = code(SNOMED, "266919005", "Never smoked tobacco");
pub(super) const FORMER_SMOKER: Code = code(SNOMED, "8517006", "Ex-smoker");
pub(super) const DAILY_SMOKER: Code = code(SNOMED, "449868002", "Smokes tobacco daily");

pub(super) const COLONOSCOPY: Code = code(SNOMED, "73761001", "Colonoscopy");
pub(super) const MAMMOGRAPHY: Code = code(SNOMED, "71651007", "Mammography");
pub(super) const SPIROMETRY: Code = code(SNOMED, "127783003", "Spirometry");
pub(super) const BONE_SCAN: Code = code(SNOMED, "312681000", "Bone density scan");
pub(super) const DEPRESSION_SCREENING: Code = code(SNOMED, "171207006", "Depression screening");
pub(super) const CHEMORADIATION: Code = code(
    SNOMED,
    "703423002",
    "Combined chemotherapy and radiation therapy",
);
pub(super) const ANGIOPLASTY: Code =
    code(SNOMED, "415070008", "Percutaneous coronary intervention");
pub(super) const CHILDBIRTH: Code = code(SNOMED, "66348005", "Childbirth");

pub(super) const CHECK_UP: Code = code(SNOMED, "185349003", "Encounter for check up");
pub(super) const FOR_PROBLEM: Code = code(SNOMED, "185347001", "Encounter for problem");
pub(super) const EMERGENCY: Code = code(SNOMED, "50849002", "Emergency room admission");
pub(super) const INPATIENT: Code = code(SNOMED, "183452005", "Emergency hospital admission");

pub(super) const FLU: [Code; 2] = [
    code(
        CVX,
        "140",
        "Influenza, seasonal, injectable, preservative free",
    ),
    code(
        CVX,
        "150",
        "influenza, injectable, quadrivalent, preservative free",
    ),
];
pub(super) const COVID: [Code; 2] = [
    code(
        CVX,
        "207",
        "COVID-19, mRNA, LNP-S, PF, 100 mcg or 50 mcg dose",
    ),
    code(CVX, "208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose"),
];
pub(super) const TDAP: Code = code(CVX, "115", "Tdap");
pub(super) const TD: Code = code(CVX, "113", "Td (adult) preservative free");
pub(super) const PCV13: Code = code(CVX, "133", "Pneumococcal conjugate PCV 13");
pub(super) const PPSV23: Code = code(CVX, "33", "pneumococcal polysaccharide vaccine, 23 valent");
pub(super) const ZOSTER: Code = code(CVX, "187", "zoster recombinant");
pub(super) const DTAP: Code = code(CVX, "20", "DTaP");
pub(super) const POLIO: Code = code(CVX, "10", "IPV");
pub(super) const MMR: Code = code(CVX, "03", "MMR");
pub(super) const HEPATITIS_B: Code = code(CVX, "08", "Hep B, adolescent or pediatric");
pub(super) const HPV: Code = code(CVX, "62", "HPV, quadrivalent");
