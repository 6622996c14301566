/* SPDX-License-Identifier: MIT */
#include "flockcast/field.h"

#include <math.h>
#include <stdbool.h>

fcast_status fcast_radial_create(size_t n_shells, double width, fcast_radial *out, fcast_error *err) {
  *out = (fcast_radial){.n_shells = n_shells, .width = width};
  out->value = fcast_alloc_array(3 * n_shells, sizeof *out->value);
  if (out->value == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu shells", n_shells);
  }
  out->lo = out->value + n_shells;
  out->hi = out->lo + n_shells;
  return FCAST_OK;
}

void fcast_radial_clear(fcast_radial *radial) {
  fcast_free(radial->value);
  *radial = (fcast_radial){0};
}

fcast_status fcast_field_errors_create(size_t n_leads, fcast_field_errors *out, fcast_error *err) {
  *out = (fcast_field_errors){.n_leads = n_leads};
  out->inflation = fcast_alloc_array(5 * n_leads, sizeof *out->inflation);
  if (out->inflation == NULL) {
    out->n_leads = 0;
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu leads", n_leads);
  }
  out->polarization_inflation = out->inflation + n_leads;
  out->expected_r2 = out->inflation + 2 * n_leads;
  return FCAST_OK;
}

void fcast_field_errors_clear(fcast_field_errors *errors) {
  fcast_free(errors->inflation);
  *errors = (fcast_field_errors){0};
}

void fcast_field_errors_apply(const fcast_field_errors *errors, const double *prediction, size_t n_forecast,
                              size_t n_space, double *variance) {
  for (size_t i = 0; i < n_forecast * n_space; i++) {
    const size_t lead = i / n_space < errors->n_leads ? i / n_space : errors->n_leads - 1;
    variance[i] = errors->inflation[lead] * variance[i] + errors->floor * fmax(prediction[i], 0.0);
  }
}

void fcast_field_model_clear(fcast_field_model *model) {
  fcast_radial_clear(&model->alignment);
  fcast_radial_clear(&model->force);
  fcast_field_errors_clear(&model->errors);
  *model = (fcast_field_model){0};
}

enum { LARGEST_GRID = 4096, LARGEST_SHELLS = 4096 };

/* `name` is that of the members without _value and _width. */
static fcast_status check_radial(const fcast_radial *radial, const char *name, const fcast_density_options *box,
                                 fcast_error *err) {
  const double reach = radial->width * (double)radial->n_shells;
  const double diagonal = hypot(box->box_x, box->box_y);
  if (radial->n_shells < 1 || radial->n_shells > LARGEST_SHELLS) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s_value: found %zu shells, expected 1 to %d", name, radial->n_shells,
                      LARGEST_SHELLS);
  }
  if (!(radial->width > 0.0) || !(reach <= diagonal)) {
    return fcast_fail(err, FCAST_E_NUMERIC, "%s_width: found %zu shells of width %g, expected them to fit the box",
                      name, radial->n_shells, radial->width);
  }
  for (size_t k = 0; k < radial->n_shells; k++) {
    if (!isfinite(radial->value[k])) {
      return fcast_fail(err, FCAST_E_NUMERIC, "%s_value: found %g in shell %zu, expected a finite number", name,
                        radial->value[k], k);
    }
  }
  return FCAST_OK;
}

/* A number in a range, by its name in the file. */
static fcast_status check_number(double value, double least, double most, const char *name, fcast_error *err) {
  return value >= least && value <= most
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_NUMERIC, "%s: found %g, expected %g to %g", name, value, least, most);
}

static fcast_status check_grid(const fcast_field_model *model, fcast_error *err) {
  const bool is_good = model->state_nx >= 1 && model->state_ny >= 1 && model->state_nx <= LARGEST_GRID &&
                       model->state_ny <= LARGEST_GRID;
  return is_good ? FCAST_OK
                 : fcast_fail(err, FCAST_E_SHAPE, "state_cells: found %lld x %lld, expected 1 to %d each",
                              (long long)model->state_ny, (long long)model->state_nx, LARGEST_GRID);
}

fcast_status fcast_field_model_check(const fcast_field_model *model, fcast_error *err) {
  const fcast_density_options *density = &model->density;
  const double largest = 1e150; /* its square is a number too */
  const struct {
    const char *name;
    double value, least, most;
  } numbers[] = {
      {"extent", density->box_x, 1e-150, largest},
      {"extent", density->box_y, 1e-150, largest},
      {"interval", model->interval, 1e-150, largest},
      {"edge", model->edge.value, 0.0, largest},
      {"speed", model->speed.value, 0.0, largest},
      {"order", model->order.value, 0.0, 1.0},
      {"force_kind", (double)model->force_kind, FCAST_FIELD_NO_FORCE, FCAST_FIELD_DRIVING},
      {"steering", model->steering.value, 0.0, largest},
      {"state_bandwidth", model->state_bandwidth, 0.0, fmin(density->box_x, density->box_y)},
  };
  fcast_status status = fcast_density_options_check(density, err);
  for (size_t i = 0; status == FCAST_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
    status = check_number(numbers[i].value, numbers[i].least, numbers[i].most, numbers[i].name, err);
  }
  if (status == FCAST_OK) {
    status = check_grid(model, err);
  }
  if (status == FCAST_OK) {
    status = check_radial(&model->alignment, "alignment", density, err);
  }
  if (status == FCAST_OK && model->force_kind != FCAST_FIELD_NO_FORCE) {
    status = check_radial(&model->force, "force", density, err);
  }
  return status;
}
