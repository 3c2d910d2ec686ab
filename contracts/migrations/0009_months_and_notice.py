"""Contracts renewed by months or without end, notice periods, and terminations on a later day."""

import datetime

from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0008_read_committed'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='contract',
            name='contracts_contract_period_bounded',
        ),
        migrations.RemoveConstraint(
            model_name='contract',
            name='contracts_contract_renewal_has_period',
        ),
        migrations.RemoveConstraint(
            model_name='contract',
            name='contracts_contract_termination_fits_status',
        ),
        migrations.AddField(
            model_name='contract',
            name='notice_days',
            field=models.IntegerField(blank=True, null=True, verbose_name='notice period in days'),
        ),
        migrations.AddField(
            model_name='contract',
            name='renewal_day',
            field=models.IntegerField(editable=False, null=True, verbose_name='renewal day'),
        ),
        migrations.AddField(
            model_name='contract',
            name='renewal_period_months',
            field=models.IntegerField(blank=True, null=True, verbose_name='renewal period in months'),
        ),
        migrations.AddField(
            model_name='contract',
            name='terminates_on',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='terminates on'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(models.F('terminates_on'), condition=models.Q(('status', 'active'), ('terminates_on__isnull', False)), name='contracts_contract_terminating'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('validity_period__lower_inf', False), ('validity_period__startswith__gte', datetime.date(1, 1, 1)), models.Q(('validity_period__upper_inf', True), ('validity_period__endswith__lte', datetime.date(9999, 12, 31)), _connector='OR')), name='contracts_contract_period_bounded', violation_error_code='end_date', violation_error_message='Must be from 0001-01-01 to 9999-12-30.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('auto_renewal', False), ('renewal_period_days__isnull', False), ('renewal_period_months__isnull', False), _connector='OR'), name='contracts_contract_renewal_has_period', violation_error_code='renewal_period_days', violation_error_message='Needed where auto_renewal is on, unless renewal_period_months is given.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('renewal_period_days', None), ('renewal_period_months', None), _connector='OR'), name='contracts_contract_one_renewal_period', violation_error_code='renewal_period_months', violation_error_message='Give either renewal_period_months or renewal_period_days, not both.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('auto_renewal', False), ('validity_period__upper_inf', False), _connector='OR'), name='contracts_contract_renewal_has_end', violation_error_code='end_date', violation_error_message='A contract that renews itself needs a last day.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('renewal_period_months', None), models.Q(('renewal_period_months__gte', 1), ('renewal_period_months__lte', 1200)), _connector='OR'), name='contracts_contract_renewal_months_bounds', violation_error_code='renewal_period_months', violation_error_message='Must be from 1 to 1200.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('notice_days', None), models.Q(('notice_days__gte', 0), ('notice_days__lte', 36500)), _connector='OR'), name='contracts_contract_notice_days_bounds', violation_error_code='notice_days', violation_error_message='Must be from 0 to 36500.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'terminated'), ('terminated_at__isnull', False), ('termination_reason__isnull', False)), models.Q(('status', 'active'), ('terminated_at', None), ('terminates_on__isnull', False), ('termination_reason__isnull', False)), models.Q(models.Q(('status', 'terminated'), _negated=True), ('terminated_at', None), ('terminates_on', None), ('termination_reason', None)), _connector='OR'), name='contracts_contract_termination_fits_status', violation_error_message="A contract that is or will be terminated says when and why; other contracts don't."),
        ),
        run_sql(__file__),
    ]
