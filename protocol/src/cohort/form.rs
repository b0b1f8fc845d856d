//! Forms: linear combinations of columns; and indicators, sums of forms, products of two forms
//! and auxiliaries.

use borsh::{BorshDeserialize, BorshSerialize};

/// A column with its coefficient in a form.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Term {
    /// The column.
    pub column: u32,
    /// Its coefficient, never 0.
    pub coefficient: i64,
}

/// A constant and a linear combination of columns, ascending. The constant counts in the
/// dataset's pages only: beyond them a form is 0.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Form {
    /// The constant.
    pub constant: i64,
    /// The columns.
    pub terms: Vec<Term>,
}

impl Form {
    /// A constant.
    pub(crate) const fn constant(constant: i64) -> Self {
        Self {
            constant,
            terms: Vec::new(),
        }
    }

    /// One column.
    pub(crate) fn column(column: u32) -> Self {
        let coefficient = 1;
        Self {
            constant: 0,
            terms: vec![Term {
                column,
                coefficient,
            }],
        }
    }

    /// Whether it is 0 everywhere.
    pub(crate) fn is_zero(&self) -> bool {
        self.constant == 0 && self.terms.is_empty()
    }

    /// The form with `times` of another added.
    pub(crate) fn plus(mut self, times: i64, other: &Self) -> Self {
        self.constant += times * other.constant;
        for term in &other.terms {
            let coefficient = times * term.coefficient;
            match self.terms.binary_search_by_key(&term.column, |t| t.column) {
                Ok(i) => self.terms[i].coefficient += coefficient,
                Err(i) => self.terms.insert(
                    i,
                    Term {
                        column: term.column,
                        coefficient,
                    },
                ),
            }
        }
        self.terms.retain(|term| term.coefficient != 0);
        self
    }
}

/// A product of two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) left: Form,
    pub(crate) right: Form,
}

/// A whole number in each slot: a form, products of two forms, and auxiliaries by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Indicator {
    pub(crate) linear: Form,
    pub(crate) products: Vec<Product>,
    pub(crate) auxiliaries: Vec<(i64, u32)>,
}

impl Indicator {
    /// A constant.
    pub(crate) fn constant(constant: i64) -> Self {
        Self::from(Form::constant(constant))
    }

    /// An auxiliary.
    pub(crate) fn auxiliary(auxiliary: u32) -> Self {
        Self {
            auxiliaries: vec![(1, auxiliary)],
            ..Self::default()
        }
    }

    /// The product of two forms.
    pub(crate) fn product(left: Form, right: Form) -> Self {
        let products = vec![Product { left, right }];
        Self {
            products: if products[0].left.is_zero() || products[0].right.is_zero() {
                Vec::new()
            } else {
                products
            },
            ..Self::default()
        }
    }

    /// Whether it is a form alone, or auxiliaries beside it.
    pub(crate) fn is_linear(&self) -> bool {
        self.products.is_empty()
    }

    /// With `times` of another added. Products with the same left form become one.
    pub(crate) fn plus(mut self, times: i64, other: &Self) -> Self {
        self.linear = self.linear.plus(times, &other.linear);
        for product in &other.products {
            let same = |own: &&mut Product| own.left == product.left;
            match self.products.iter_mut().find(same) {
                Some(own) => {
                    own.right = std::mem::take(&mut own.right).plus(times, &product.right);
                }
                None => self.products.push(Product {
                    left: product.left.clone(),
                    right: Form::default().plus(times, &product.right),
                }),
            }
        }
        self.products.retain(|product| !product.right.is_zero());
        for (coefficient, auxiliary) in &other.auxiliaries {
            match self.auxiliaries.iter_mut().find(|a| a.1 == *auxiliary) {
                Some(own) => own.0 += times * coefficient,
                None => self.auxiliaries.push((times * coefficient, *auxiliary)),
            }
        }
        self.auxiliaries.retain(|own| own.0 != 0);
        self
    }

    /// One minus it.
    pub(crate) fn negated(&self) -> Self {
        Self::constant(1).plus(-1, self)
    }
}

impl From<Form> for Indicator {
    fn from(linear: Form) -> Self {
        Self {
            linear,
            ..Self::default()
        }
    }
}
